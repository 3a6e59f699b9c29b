import type { PartReference } from '@evergate/contract/document';
import { MAX_PARTS } from '@evergate/contract/names';

const KIBIBYTE = 1024;
/** A document below this has its one part inside the index; a compressed one takes a tenth of the bytes that are its text. */
const INLINE_BELOW = 32 * KIBIBYTE;
const COMPRESSED_INLINE_BELOW = 96 * KIBIBYTE;
/** Parts are halved in size above the one and doubled below the other: far enough apart that no edit makes them flap. */
const SPLIT_ABOVE = 96 * KIBIBYTE;
const MERGE_BELOW = 24 * KIBIBYTE;

/** How a document is cut: one part inside the index, or `count` parts, a power of two up to `MAX_PARTS`. */
export type Layout = { readonly inline: true } | { readonly inline: false; readonly count: number };

/**
 * Chooses the layout of a document of `size` characters from the one it had. Parts have 24 to 96 Ki characters on average once
 * there are several; they grow beyond where `MAX_PARTS` do not suffice.
 */
export function chooseLayout(
  size: number,
  previous: readonly PartReference[] | undefined,
  isCompressed = false,
): Layout {
  const wasInline = previous === undefined || isWhole(previous);
  const limit = isCompressed ? COMPRESSED_INLINE_BELOW : INLINE_BELOW;
  if (size < (wasInline ? limit : limit / 2)) return { inline: true };
  let count = wasInline ? 1 : Math.min(previous.length, MAX_PARTS);
  while (count < MAX_PARTS && size / count > SPLIT_ABOVE) count *= 2;
  while (count > 1 && size / count < MERGE_BELOW) count /= 2;
  return { inline: false, count };
}

/** Whether these are the parts of a document that stands in its index whole. Several parts have slots, even while the index carries some. */
export function isWhole(parts: readonly PartReference[]): boolean {
  return parts.length === 1 && parts[0]?.inline !== undefined;
}

/** The part, of `count` (a power of two up to 65,536), that everything with this key belongs to. */
export function shardOf(key: string, count: number): number {
  const hash = fnv1a(key);
  return ((hash >>> 16) ^ hash) & (count - 1);
}

/**
 * FNV-1a with 32 bits over UTF-16 code units (Fowler, Noll, Vo; draft-eastlake-fnv). `shardOf` folds it as the draft advises
 * for fewer bits. Part names rest on it: it must never change without a new document version.
 */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
