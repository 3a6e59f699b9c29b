import { createHash } from 'node:crypto';
import { type DocumentIndex, type PartReference, writtenVersions } from '@evergate/contract/document';
import { type DocumentKind, type PartSlot, partKey } from '@evergate/contract/names';
import { rememberedJson } from './canonicalJson.ts';
import { compressed } from './compression.ts';
import { chooseLayout, shardOf } from './shards.ts';

/* One document: content -> parts, their slots, and the envelope of the index that names them. Pure. */

/** Whose documents these are. `epoch` grows when the stored sequence is lower than what gateways have seen (etcd restored). */
export interface Identity {
  readonly fleetUID: string;
  readonly fleet: { readonly namespace: string; readonly name: string };
  readonly epoch: number;
}

/** How documents are stored. */
export interface Storage {
  /** Parts with more bytes are compressed; none is where this is left out. */
  readonly compressAboveBytes?: number;
  /** The version of the documents; the newest that this build writes where this is left out. */
  readonly version?: number;
}

/** A text to be put under a key (file, ConfigMap key), whole. */
export interface Write {
  readonly kind: DocumentKind;
  /** Absent for the index. */
  readonly part?: PartSlot;
  readonly key: string;
  readonly text: string;
  /** What to put there instead of the text: the text, compressed. */
  readonly gzip?: Uint8Array;
}

/** One element of a part's list. Elements with the same shard key stand in one part. Immutable: its text is remembered. */
export interface Entry {
  readonly id: string;
  readonly shardKey: string;
  readonly value: object;
}

/** What a document says: one object that goes into the index, and the lists that parts are made of. */
export interface DocumentContent {
  readonly kind: DocumentKind;
  readonly head: object;
  /** By the list's key in a part. */
  readonly lists: Readonly<Record<string, readonly Entry[]>>;
  /** It is one part inside its index, however large. */
  readonly whole?: boolean;
  /** Features that a reader must know. */
  readonly requires?: readonly string[];
}

/** The fields that the three kinds of index share, in the next version of the document. */
export type NextEnvelope = Pick<
  DocumentIndex,
  'version' | 'fleet' | 'fleetUID' | 'epoch' | 'sequence' | 'revision' | 'requires' | 'parts'
>;

export interface NextDocument {
  readonly envelope: NextEnvelope;
  /** The parts to write before the index. */
  readonly partWrites: readonly Write[];
  /** Content, identity and version are those of the previous index: nothing to write, and the envelope is the previous one. */
  readonly unchanged: boolean;
}

/**
 * Lays out `content` as the successor of `previous`. A part goes to the slot that `previous` does not name, so whoever still
 * reads by `previous` finds it whole; a part with the same text keeps its slot and is not written. The revision depends on the
 * content alone: on the set of entries, not their order, nor on slots, sequence or the number of parts.
 */
export function nextDocument(
  content: DocumentContent,
  previous: DocumentIndex | undefined,
  identity: Identity,
  storage: Storage = {},
): NextDocument {
  const lists = sortedTexts(content);
  const revision = sha256(documentText(content.head, lists));
  const version = storage.version ?? Math.max(...writtenVersions);
  if (previous?.version === version && sameDocument(previous, identity, revision)) {
    return { envelope: previous, partWrites: [], unchanged: true };
  }
  const { parts, partWrites } = layOut(content, lists, previous?.parts, storage);
  const envelope = {
    version,
    ...identity,
    sequence: (previous?.sequence ?? 0) + 1,
    revision,
    requires: [...(parts.some(({ encoding }) => encoding === 'gzip') ? ['gzip'] : []), ...(content.requires ?? [])],
    parts,
  };
  return { envelope, partWrites, unchanged: false };
}

interface EntryText {
  readonly shardKey: string;
  readonly text: string;
}
/** Sorted by the list's key; the entries of each by id. */
type Lists = readonly (readonly [key: string, entries: readonly EntryText[]])[];

function sortedTexts(content: DocumentContent): Lists {
  const keys = Object.keys(content.lists).sort();
  return keys.map((key) => {
    const entries = [...(content.lists[key] ?? [])].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
    return [key, entries.map(({ shardKey, value }) => ({ shardKey, text: rememberedJson(value) }))];
  });
}

function partText(lists: Lists): string {
  const fields = lists.map(([key, entries]) => `"${key}":[${entries.map((entry) => entry.text).join(',')}]`);
  return `{${fields.join(',')}}`;
}

function documentText(head: object, lists: Lists): string {
  return `${rememberedJson(head)}\n${partText(lists)}`;
}

function sameDocument(previous: DocumentIndex, identity: Identity, revision: string): boolean {
  return (
    previous.revision === revision &&
    previous.fleetUID === identity.fleetUID &&
    previous.epoch === identity.epoch &&
    previous.fleet.namespace === identity.fleet.namespace &&
    previous.fleet.name === identity.fleet.name
  );
}

interface LaidOut {
  readonly parts: readonly PartReference[];
  readonly partWrites: readonly Write[];
}

function layOut(
  { kind, whole }: DocumentContent,
  lists: Lists,
  previous: readonly PartReference[] | undefined,
  storage: Storage,
): LaidOut {
  const size = lists.reduce((sum, [, entries]) => entries.reduce((part, { text }) => part + text.length, sum), 0);
  const layout = whole === true ? ({ inline: true } as const) : chooseLayout(size, previous);
  if (layout.inline) return { parts: [inlinePart(partText(lists), storage)], partWrites: [] };
  const before = new Map(previous?.filter((part) => part.inline === undefined).map((part) => [part.name, part]));
  const parts: PartReference[] = [];
  const partWrites: Write[] = [];
  for (const [shard, shardLists] of cut(lists, layout.count).entries()) {
    const text = partText(shardLists);
    const name = shard.toString(16);
    const hash = sha256(text);
    const held = before.get(name);
    if (held?.hash === hash) {
      parts.push(held);
      continue;
    }
    const write = partWrite(kind, name, held, text, storage);
    partWrites.push(write);
    parts.push({ name, slot: write.part.slot, hash, ...(write.gzip === undefined ? {} : { encoding: 'gzip' }) });
  }
  return { parts, partWrites };
}

function inlinePart(text: string, storage: Storage): PartReference {
  const gzip = compressedFor(text, storage);
  const reference = { name: '0', slot: 'a', hash: sha256(text) } as const;
  if (gzip === undefined) return { ...reference, inline: text };
  return { ...reference, encoding: 'gzip', inline: gzip.toString('base64') };
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

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
