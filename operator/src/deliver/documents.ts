import { type DocumentIndex, writtenVersions } from '@evergate/contract/document';
import type { DocumentKind, PartSlot } from '@evergate/contract/names';
import { remembered, rememberedJson } from './canonicalJson.ts';
import { digestsOf, type Lists, layOut, sha256 } from './layOut.ts';

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
  /**
   * Where the parts that changed have no more bytes together, as they are stored, the index carries them itself: one write brings an
   * edit to its readers. Their slots follow. None is carried where this is left out.
   */
  readonly carryBelowBytes?: number;
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
  /** The parts that the index carries, to write after it: the next index names them in their slots. */
  readonly unstored: readonly Write[];
  /** Content, identity and version are those of the previous index: nothing to write, and the envelope is the previous one. */
  readonly unchanged: boolean;
}

/**
 * Lays out `content` as the successor of `previous`. A part goes to the slot that `previous` does not name, so whoever still
 * reads by `previous` finds it whole; a part with the same text keeps its slot and is not written, unless it is among `unstored`, the
 * parts that `previous` carries and that no slot has yet. The revision depends on the content alone: on the set of entries, not their
 * order, nor on slots, sequence or the number of parts.
 */
export function nextDocument(
  content: DocumentContent,
  previous: DocumentIndex | undefined,
  identity: Identity,
  { storage = {}, unstored = [] }: { readonly storage?: Storage; readonly unstored?: readonly Write[] } = {},
): NextDocument {
  const lists = sortedTexts(content);
  const revision = sha256(`${rememberedJson(content.head)}\n${digestsOf(lists)}`);
  const version = storage.version ?? Math.max(...writtenVersions);
  if (previous?.version === version && sameDocument(previous, identity, revision)) {
    return { envelope: previous, partWrites: [], unstored, unchanged: true };
  }
  const { parts, ...writes } = layOut(content, lists, { parts: previous?.parts, unstored }, storage);
  const envelope = {
    version,
    ...identity,
    sequence: (previous?.sequence ?? 0) + 1,
    revision,
    requires: [...(parts.some(({ encoding }) => encoding === 'gzip') ? ['gzip'] : []), ...(content.requires ?? [])],
    parts,
  };
  return { envelope, ...writes, unchanged: false };
}

function sortedTexts(content: DocumentContent): Lists {
  const keys = Object.keys(content.lists).sort();
  return keys.map((key) => {
    const entries = [...(content.lists[key] ?? [])].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
    return [key, entries.map(({ shardKey, value }) => ({ shardKey, content: remembered(value) }))];
  });
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
