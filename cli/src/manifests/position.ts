import { isMap, isNode, isSeq, type LineCounter, type Node } from 'yaml';

/** A place in a text. Lines and columns begin with 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The start of a text. */
export const textStart: Position = { line: 1, column: 1 };

/**
 * Finds where `path`, written as `Problem.path` is, stands below a YAML node: the key of a field, the entry of a list. Where the path
 * leads to nothing (a missing field), the innermost thing that exists.
 */
export function positionAt(root: Node, path: string, lines: LineCounter): Position {
  let found: Node = root;
  let at: Node = root;
  for (let rest = path; rest !== ''; ) {
    const step = childAt(at, rest);
    if (step === undefined) break;
    found = step.found;
    at = step.value;
    rest = step.rest;
  }
  const { line, col } = lines.linePos(found.range?.[0] ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

interface Step {
  /** What a reader looks for: a field's key, a list's entry. */
  readonly found: Node;
  readonly value: Node;
  readonly rest: string;
}

function childAt(node: Node, path: string): Step | undefined {
  if (isSeq(node)) return entryAt(node.items, path);
  if (isMap(node)) return fieldAt(node.items, path);
  return undefined;
}

function entryAt(items: readonly unknown[], path: string): Step | undefined {
  const match = /^\[([0-9]+)\]\.?/.exec(path);
  const entry = items[Number(match?.[1])];
  if (match === null || !isNode(entry)) return undefined;
  return { found: entry, value: entry, rest: path.slice(match[0].length) };
}

/** Keys may hold dots themselves (labels do), so the longest key that the path begins with is the one. */
function fieldAt(items: readonly { key: unknown; value: unknown }[], path: string): Step | undefined {
  const fields = items
    .map(({ key, value }) => ({ key, value, name: String(isNode(key) ? key.toJSON() : key) }))
    .filter(({ name }) => path.startsWith(name) && /^(?:$|\.|\[)/.test(path.slice(name.length)))
    .sort((a, b) => b.name.length - a.name.length);
  const field = fields[0];
  if (field === undefined || !isNode(field.key)) return undefined;
  const rest = path.slice(field.name.length).replace(/^\./, '');
  return { found: field.key, value: isNode(field.value) ? field.value : field.key, rest };
}
