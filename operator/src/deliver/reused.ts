import { byId } from './byId.ts';

/**
 * `before` itself where `next` says the very same in the same order. Else the list with each element that says what its namesake in `before` says being that very object: its text is known, and nobody
 * has to look into it again. Of ten thousand rules, an edit then writes out one. Takes plain JSON data.
 */
export function reused<T extends { readonly id: string }>(next: readonly T[], before: readonly T[]): readonly T[] {
  const known = byId(before);
  const list = next.map((one) => {
    const old = known.get(one.id);
    return old !== undefined && isSame(old, one) ? old : one;
  });
  return list.length === before.length && list.every((one, i) => one === before[i]) ? before : list;
}

/** Most of what is compared is the same object on both sides. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  const fields = Object.keys(one);
  if (fields.length !== Object.keys(other).length) return false;
  for (const field of fields) if (!(field in other) || !isSame(one[field], other[field])) return false;
  return true;
}
