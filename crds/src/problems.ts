import { formatPath, type Parsed, type Problem } from '@evergate/contract/problem';
import type { z } from 'zod';
import { fieldsAt } from './fieldsAt.ts';
import type { DeepReadonly } from './schema.ts';

/* What zod finds, in the words of `Problem`: where, what was found, what would be accepted. */

type Issue = z.core.$ZodIssue;

/** Parses `value`, which stands at `prefix` of its document, and tells every problem rather than the first. */
export function parseWith<T>(
  schema: z.ZodType<T>,
  value: unknown,
  prefix: readonly PropertyKey[] = [],
): Parsed<DeepReadonly<T>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) return { ok: false, problems: describeIssues(schema, value, result.error.issues, prefix) };
  return { ok: true, value: result.data as DeepReadonly<T>, ignored: [] };
}

function describeIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  prefix: readonly PropertyKey[],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== 'unrecognized_keys') return [{ path: formatPath(path), message: describe(issue) }];
    const known = fieldsAt(schema, issue.path, value);
    return issue.keys.map((key) => ({
      path: formatPath([...path, key]),
      message: `unknown field; ${expectedField(key, known)}`,
    }));
  });
}

function describe(issue: Issue): string {
  const value = 'discriminator' in issue ? discriminated(issue.input, issue.discriminator) : issue.input;
  if (value === undefined && issue.code !== 'custom') return `is required; ${expected(issue)}`;
  const shown = show(value);
  return shown === undefined ? expected(issue) : `found ${shown}; ${expected(issue)}`;
}

function discriminated(input: unknown, field: string | undefined): unknown {
  if (field === undefined || typeof input !== 'object' || input === null) return input;
  return Object.entries(input).find(([key]) => key === field)?.[1];
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${unit(issue.origin)}`;
    case 'too_small':
      return `expected at least ${issue.minimum}${unit(issue.origin)}`;
    case 'invalid_union':
      return expectedOfUnion(issue);
    default:
      return issue.message;
  }
}

function expectedOfUnion(issue: z.core.$ZodIssueInvalidUnion): string {
  if ('options' in issue && issue.options !== undefined) return `expected ${oneOf(issue.options)}`;
  const literals = issue.errors.flat().flatMap((error) => (error.code === 'invalid_value' ? error.values : []));
  if (literals.length > 0) return `expected ${oneOf(literals)}`;
  const phrases = issue.errors.flat().map((error) => expected(error).replace(/^expected /, ''));
  return `expected ${[...new Set(phrases)].join(' or ')}`;
}

function oneOf(values: readonly unknown[]): string {
  const written = values.map((value) => JSON.stringify(value)).join(', ');
  return values.length === 1 ? written : `one of ${written}`;
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A value in a few characters. What a list or an object holds would drown the message. */
function show(value: unknown): string | undefined {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return undefined;
  const written = JSON.stringify(value);
  return written !== undefined && written.length > 80 ? `${written.slice(0, 77)}...` : written;
}

function expectedField(key: string, known: readonly string[]): string {
  const close = closest(key, known);
  if (close !== undefined) return `did you mean ${close}?`;
  return known.length === 0 ? 'expected no field' : `expected one of ${known.join(', ')}`;
}

/** The known name that is a slip of the hand away: another case, two letters swapped, or a third of them wrong. */
function closest(key: string, known: readonly string[]): string | undefined {
  const limit = key.length < 4 ? 1 : Math.max(2, Math.floor(key.length / 3));
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/** Levenshtein's distance by Wagner and Fischer; the first 64 characters decide, so the cost is bounded. */
function editDistance(from: string, to: string): number {
  const target = to.slice(0, 64);
  let row = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (const letter of from.slice(0, 64)) {
    const next = [(row[0] ?? 0) + 1];
    for (let column = 1; column <= target.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === target[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
