import { formatPath, type Problem } from './problem.ts';

/** A newer writer may add one field to every rule: enough to see which, never a list as long as the table. */
const MAX_LISTED = 100;

/**
 * Appends to `ignored` the fields of `input` that `read` (what a schema made of it) leaves out, with their paths; 100 at most.
 * Both are JSON: objects and lists of the same shape but for those fields.
 */
export function collectIgnored(
  input: unknown,
  read: unknown,
  prefix: readonly PropertyKey[],
  ignored: Problem[],
): void {
  visit(input, read, [...prefix], ignored);
}

function visit(input: unknown, read: unknown, path: PropertyKey[], ignored: Problem[]): void {
  if (typeof input !== 'object' || input === null || typeof read !== 'object' || read === null) return;
  if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++) step(input[i], Reflect.get(read, i), i, path, ignored);
    return;
  }
  for (const key of Object.keys(input)) {
    if (Object.hasOwn(read, key)) step(Reflect.get(input, key), Reflect.get(read, key), key, path, ignored);
    else if (ignored.length < MAX_LISTED) {
      ignored.push({ path: formatPath([...path, key]), message: 'this build does not know the field and ignores it' });
    }
  }
}

function step(input: unknown, read: unknown, key: PropertyKey, path: PropertyKey[], ignored: Problem[]): void {
  if (typeof input !== 'object') return;
  path.push(key);
  visit(input, read, path, ignored);
  path.pop();
}
