import type { z } from 'zod';
import { describeFound, describeIssue } from './describeIssue.ts';
import { collectIgnored } from './ignoredFields.ts';
import { formatPath, type Parsed, type Problem } from './problem.ts';

/** One broken writer may break every rule: the first problems say it, the rest would only fill memory and logs. */
const MAX_PROBLEMS = 100;

/** What a part's parser has found so far. Secret ones keep values out of every message. */
export interface Findings {
  readonly problems: Problem[];
  readonly ignored: Problem[];
  readonly secret: boolean;
}

/** How one list of a part is read. */
export interface ListRules<T> {
  readonly key: string;
  readonly element: z.ZodType<T>;
  readonly maxItems: number;
  /** No two elements may have the same. */
  readonly idOf: (element: T) => string;
  /** What a schema cannot say; reports through `problem`, with the path below the element. */
  readonly check?: (element: T, problem: (path: readonly PropertyKey[], message: string) => void) => void;
}

/** Takes text as JSON, anything else as already parsed. The parser's own message is withheld: it quotes the text. */
export function readJson(input: unknown): Parsed<unknown> {
  if (typeof input !== 'string') return { ok: true, value: input, ignored: [] };
  try {
    return { ok: true, value: JSON.parse(input), ignored: [] };
  } catch {
    const message = `found ${input.length} characters that are no complete JSON, accepted is one JSON object`;
    return { ok: false, problems: [{ path: '', message }] };
  }
}

/** What an element is, where a reader has seen and accepted its very like before; it is not looked into again. */
export type Known<T> = (input: unknown) => T | undefined;

/** Reads one list of a part, a step an element, so that the caller may pause between any two. Bad elements become problems. */
export function* readList<T>(
  part: unknown,
  rules: ListRules<T>,
  findings: Findings,
  known?: Known<T>,
): Generator<void, T[]> {
  const list = listOf(part, rules, findings);
  const seen = new Set<string>();
  const elements: T[] = [];
  for (let i = 0; i < list.length; i++) {
    const element = readElement(list[i], { prefix: [rules.key, i], rules, seen, findings, known });
    if (element !== undefined) elements.push(element);
    if (findings.problems.length >= MAX_PROBLEMS) break;
    yield;
  }
  return elements;
}

/** The part where nothing was wrong, else what was. Fields beside `part`'s own are ignored, and reported so. */
export function conclude<T extends object>(input: unknown, part: T, findings: Findings): Parsed<T> {
  const { problems, ignored } = findings;
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
  if (typeof input === 'object' && input !== null) {
    const unread = Object.fromEntries(Object.keys(input).map((key) => [key, null]));
    collectIgnored(unread, part, [], ignored);
  }
  return { ok: true, value: part, ignored };
}

function listOf<T>(part: unknown, rules: ListRules<T>, findings: Findings): readonly unknown[] {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    const message = `found ${describeFound(part, findings.secret)}, accepted is an object`;
    if (findings.problems.length === 0) findings.problems.push({ path: '', message });
    return [];
  }
  const list: unknown = Reflect.get(part, rules.key);
  if (Array.isArray(list) && list.length <= rules.maxItems) return list;
  const message = `found ${describeFound(list, findings.secret)}, accepted is a list of at most ${rules.maxItems}`;
  findings.problems.push({ path: rules.key, message });
  return [];
}

interface Reading<T> {
  readonly prefix: readonly PropertyKey[];
  readonly rules: ListRules<T>;
  /** The ids of the elements before. */
  readonly seen: Set<string>;
  readonly findings: Findings;
  readonly known: Known<T> | undefined;
}

function readElement<T>(input: unknown, { prefix, rules, seen, findings, known }: Reading<T>): T | undefined {
  const like = known?.(input);
  const element = like ?? validated(input, prefix, rules, findings);
  if (element === undefined) return undefined;
  const problem = (path: readonly PropertyKey[], message: string): void => {
    findings.problems.push({ path: formatPath([...prefix, ...path]), message });
  };
  const id = rules.idOf(element);
  if (seen.has(id))
    problem(['id'], `found ${describeFound(id, findings.secret)} a second time, accepted is an id of its own`);
  seen.add(id);
  if (like !== undefined) return element;
  rules.check?.(element, problem);
  collectIgnored(input, element, prefix, findings.ignored);
  return element;
}

function validated<T>(
  input: unknown,
  prefix: readonly PropertyKey[],
  rules: ListRules<T>,
  findings: Findings,
): T | undefined {
  const result = rules.element.safeParse(input);
  if (result.success) return result.data;
  const options = { prefix, secret: findings.secret };
  for (const issue of result.error.issues) findings.problems.push(describeIssue(issue, input, options));
  return undefined;
}
