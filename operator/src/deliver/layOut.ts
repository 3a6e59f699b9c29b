import { createHash } from 'node:crypto';
import type { PartReference } from '@evergate/contract/document';
import { type DocumentKind, type PartSlot, partKey } from '@evergate/contract/names';
import type { RememberedText } from './canonicalJson.ts';
import { compressed } from './compression.ts';
import type { DocumentContent, Storage, Write } from './documents.ts';
import { chooseLayout, isWhole, shardOf } from './shards.ts';

/* One document's lists -> the parts that its index names, and their writes. Pure. */

export interface EntryText {
  readonly shardKey: string;
  readonly content: RememberedText;
}
/** Sorted by the list's key; the entries of each by id. */
export type Lists = readonly (readonly [key: string, entries: readonly EntryText[]])[];

export interface LaidOut {
  readonly parts: readonly PartReference[];
  /** To write before the index. */
  readonly partWrites: readonly Write[];
  /** To write after it: the index carries them itself. */
  readonly unstored: readonly Write[];
}

/** Where the parts stood before, and those of them that no slot has yet. */
export interface LaidOutBefore {
  readonly parts: readonly PartReference[] | undefined;
  readonly unstored: readonly Write[];
}

export function layOut(
  { kind, whole }: DocumentContent,
  lists: Lists,
  before: LaidOutBefore,
  storage: Storage,
): LaidOut {
  const size = lists.reduce(
    (sum, [, entries]) => entries.reduce((part, { content }) => part + content.text.length, sum),
    0,
  );
  const isCompressed = storage.compressAboveBytes !== undefined;
  const layout = whole === true ? ({ inline: true } as const) : chooseLayout(size, before.parts, isCompressed);
  if (layout.inline) return { parts: [inlinePart(partText(lists), storage)], partWrites: [], unstored: [] };
  const slotted = before.parts === undefined || isWhole(before.parts) ? [] : before.parts;
  const held = new Map(slotted.map((part) => [part.name, part]));
  const shards = cut(lists, layout.count).map((shard, number) => {
    const name = number.toString(16);
    return { name, hash: rememberedHash(shard), shard, held: held.get(name) };
  });
  const isKept = (shard: (typeof shards)[number]): boolean => shard.held?.hash === shard.hash;
  const changed = new Map(
    shards
      .filter((shard) => !isKept(shard))
      .map(({ name, held, shard }) => [name, partWrite(kind, name, held, partText(shard), storage)]),
  );
  const kept = new Set(shards.filter(isKept).map(({ name }) => name));
  const due = before.unstored.filter(({ part }) => part !== undefined && kept.has(part.name));
  const writes = [...changed.values()];
  // Only where there are several parts: one that stands alone in its index is a document without slots.
  const carried = layout.count > 1 ? fitting(writes, due, storage.carryBelowBytes ?? 0) : [];
  const carriedNames = new Set(carried.map(({ part }) => part?.name));
  const parts = shards.map(({ name, hash, held }) => reference(hash, held, changed.get(name), carriedNames.has(name)));
  return { parts, partWrites: [...due, ...writes].filter((write) => !carried.includes(write)), unstored: carried };
}

/** Hashes of parts by the digests of what they are made of: an edit changes one part, and the texts of the others are not made again. */
const hashes = new Map<string, string>();
/** Those of some dozens of fleets. */
const MAX_HASHES = 1_024;

function rememberedHash(shard: Lists): string {
  const key = sha256(digestsOf(shard));
  const found = hashes.get(key) ?? sha256(partText(shard));
  hashes.delete(key);
  hashes.set(key, found);
  const [oldest] = hashes.keys();
  if (hashes.size > MAX_HASHES && oldest !== undefined) hashes.delete(oldest);
  return found;
}

/** What an index carries: all that changed, or nothing where that is too much, and of what it carried before as much as fits beside it. */
function fitting(writes: readonly Write[], due: readonly Write[], limit: number): readonly Write[] {
  let room = limit - sizeOf(writes);
  if (room < 0) return [];
  const kept = due.filter((write) => {
    room -= sizeOf([write]);
    return room >= 0;
  });
  return [...kept, ...writes];
}

/** In bytes, as they are stored. */
function sizeOf(writes: readonly Write[]): number {
  return writes.reduce((sum, { text, gzip }) => sum + (gzip?.byteLength ?? Buffer.byteLength(text)), 0);
}

/** A part that is not carried is named in its slot, whoever carried it before. */
function reference(
  hash: string,
  held: PartReference | undefined,
  write: (Write & { readonly part: PartSlot }) | undefined,
  isCarried: boolean,
): PartReference {
  if (write === undefined && held !== undefined) return isCarried ? held : inSlot(held);
  const { part, gzip, text } = write as Write & { readonly part: PartSlot };
  const encoding = gzip === undefined ? {} : ({ encoding: 'gzip' } as const);
  const inline = isCarried ? { inline: gzip === undefined ? text : base64(gzip) } : {};
  return { name: part.name, slot: part.slot, hash, ...encoding, ...inline };
}

function inSlot({ inline: _, ...part }: PartReference): PartReference {
  return part;
}

function inlinePart(text: string, storage: Storage): PartReference {
  const gzip = compressedFor(text, storage);
  const reference = { name: '0', slot: 'a', hash: sha256(text) } as const;
  if (gzip === undefined) return { ...reference, inline: text };
  return { ...reference, encoding: 'gzip', inline: base64(gzip) };
}

/** The slot is the one that the part's last reference does not name. */
function partWrite(
  kind: DocumentKind,
  name: string,
  held: PartReference | undefined,
  text: string,
  storage: Storage,
): Write & { readonly part: PartSlot } {
  const slot = held?.slot === 'a' ? 'b' : 'a';
  const part = { kind, name, slot } as const;
  const gzip = compressedFor(text, storage);
  if (gzip === undefined) return { kind, part, key: partKey(kind, name, slot), text };
  return { kind, part, key: partKey(kind, name, slot, 'gzip'), text, gzip };
}

function compressedFor(text: string, { compressAboveBytes }: Storage): Buffer | undefined {
  return compressAboveBytes === undefined ? undefined : compressed(text, compressAboveBytes);
}

function cut(lists: Lists, count: number): Lists[] {
  const shards = Array.from({ length: count }, () => lists.map(([key]) => [key, [] as EntryText[]] as const));
  lists.forEach(([, entries], list) => {
    for (const entry of entries) shards[shardOf(entry.shardKey, count)]?.[list]?.[1].push(entry);
  });
  return shards;
}

/** Equal for lists of the same entries; some bytes an entry, where their text may be megabytes. */
export function digestsOf(lists: Lists): string {
  return lists.map(([key, entries]) => `${key}:${entries.map(({ content }) => content.digest).join('')}`).join('\n');
}

function partText(lists: Lists): string {
  const fields = lists.map(([key, entries]) => `"${key}":[${entries.map(({ content }) => content.text).join(',')}]`);
  return `{${fields.join(',')}}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** In hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
