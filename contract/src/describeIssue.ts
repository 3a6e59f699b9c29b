import type { z } from 'zod';
import { formatPath, type Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item', record: 'key' };
const MAX_SHOWN_CHARACTERS = 60;

export interface DescribeOptions {
  /** Where `root` stands in the whole document, put before every path. */
  readonly prefix?: readonly PropertyKey[];
  /** Values are never shown, only what kind of value was found. For documents that carry credentials. */
  readonly secret?: boolean;
}

/** Says what one of zod's issues with `root` means: what was found, and what would be accepted instead. */
export function describeIssue(issue: Issue, root: unknown, options: DescribeOptions = {}): Problem {
  const found = valueAt(root, issue.path);
  return {
    path: formatPath([...(options.prefix ?? []), ...issue.path]),
    message: `found ${describeFound(found, options.secret)}, accepted is ${describeAccepted(issue)}`,
  };
}

/** Names a value for a message, shortened; with `secret` only its kind. */
export function describeFound(found: unknown, secret = false): string {
  if (found === undefined) return 'nothing';
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === 'object' && found !== null) return 'an object';
  if (typeof found !== 'string') return secret ? `a ${typeof found}` : String(found);
  if (secret) return `a string of ${found.length} characters`;
  if (found.length <= MAX_SHOWN_CHARACTERS) return JSON.stringify(found);
  return `${JSON.stringify(found.slice(0, MAX_SHOWN_CHARACTERS))} and ${found.length - MAX_SHOWN_CHARACTERS} characters more`;
}

function describeAccepted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    case 'too_small':
      return `at least ${amount(issue.minimum, issue.origin)}`;
    case 'invalid_format':
      return `text of the form ${issue.pattern ?? issue.format}`;
    case 'invalid_union':
      return describeUnion(issue);
    default:
      return issue.message;
  }
}

function describeUnion(issue: z.core.$ZodIssueInvalidUnion): string {
  if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
  const accepted = issue.errors.flatMap((branch) => branch.slice(0, 1)).map(describeAccepted);
  return [...new Set(accepted)].join(' or ');
}

function oneOf(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))).join(' or ');
}

function amount(limit: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return String(limit);
  return `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
