import { hash } from 'node:crypto';

/**
 * Writes JSON data with the keys of every object in one order and nothing between tokens, so that equal data gives equal text.
 * Fields that are undefined are left out, as JSON.stringify does, which also writes it: text that is put together piece by
 * piece stays a tree of pieces in V8, and hashing ten thousand of those takes ten times as long.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) copy[key] = sorted(Reflect.get(value, key));
  return copy;
}

/** JSON text, and its SHA-256 in hex. */
export interface RememberedText {
  readonly text: string;
  readonly digest: string;
}

const texts = new WeakMap<object, RememberedText>();

/**
 * `canonicalJson`, remembered by the object's identity: an edit of one rule serialises one rule, where the others are the same
 * objects as before. The object must never change afterwards.
 */
export function remembered(value: object): RememberedText {
  let found = texts.get(value);
  if (found === undefined) {
    const text = canonicalJson(value);
    found = { text, digest: hash('sha256', text) };
    texts.set(value, found);
  }
  return found;
}

/** The text alone. */
export function rememberedJson(value: object): string {
  return remembered(value).text;
}
