import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { MAX_PART_BYTES, type PartReference } from '@evergate/contract/document';
import { type DocumentKind, partKey } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { NamedSource } from './source.ts';
import type { Timers } from './timers.ts';

/**
 * A part that is missing, or not the one its index names, belongs to a set that is just being written or was read in between.
 * It is there, or the next index is, in a moment; these waits are 630 ms in all.
 */
const WAITS_MS = [10, 20, 40, 80, 160, 320];
/** Nor is it asked for again after this time: a source that takes so long to answer must not hold up the other documents. */
const LIMIT_MS = 3_000;

const inflateAside = promisify(gunzip);
/** What is smaller is inflated at once, to so much at most: that takes less than the way to another thread and back. */
const SMALL_BYTES = 32_768;
const SMALL_LIMIT_BYTES = 524_288;

/** A part as it came from a source, known to be the one that an index names. */
export interface ReadPart {
  readonly kind: DocumentKind;
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export interface PartReading {
  /** In the order in which they are asked. */
  readonly sources: readonly NamedSource[];
  readonly timers: Timers;
  /** Something else has come: waiting for this one's parts is pointless. */
  readonly superseded: () => boolean;
  /** Hears of every part that was read. */
  readonly onRead?: ((part: ReadPart) => void) | undefined;
}

export type PartText =
  | { readonly outcome: 'read'; readonly text: string }
  | { readonly outcome: 'superseded' }
  /** Still so after every wait; it may heal by itself later. */
  | { readonly outcome: 'unavailable'; readonly problem: Problem };

/** Reads the text of a part and makes sure that it is the one that the index names. Never rejects. */
export async function readPartText(kind: DocumentKind, part: PartReference, reading: PartReading): Promise<PartText> {
  if (part.inline !== undefined) return readInline(kind, part, part.inline, reading.onRead);
  const endsAt = reading.timers.now() + LIMIT_MS;
  let result = await attempt(kind, part, reading);
  for (const waitMs of WAITS_MS) {
    if (result.outcome === 'read' || reading.timers.now() > endsAt) return result;
    if (reading.superseded()) return { outcome: 'superseded' };
    await new Promise<void>((resolve) => {
      reading.timers.after(waitMs, resolve);
    });
    result = await attempt(kind, part, reading);
  }
  return result;
}

/** A part that its index carries may be named without it by the next one, which has it in a slot. */
async function readInline(
  kind: DocumentKind,
  part: PartReference,
  inline: string,
  onRead: PartReading['onRead'],
): Promise<PartText> {
  const bytes = Buffer.from(inline, part.encoding === 'gzip' ? 'base64' : 'utf8');
  const found = await textOf(bytes, part);
  if ('text' in found) {
    onRead?.({ kind, hash: part.hash, bytes: found.bytes });
    return { outcome: 'read', text: found.text };
  }
  return { outcome: 'unavailable', problem: { path: `parts inline ${part.name}`, message: found.problem } };
}

/** Asks one source after the other: a part is known by its hash, so whichever has it will do. */
async function attempt(kind: DocumentKind, part: PartReference, reading: PartReading): Promise<PartText> {
  const { sources, onRead } = reading;
  const problems: string[] = [];
  for (const { name, source } of sources) {
    const found = await readFrom(kind, part, source);
    if ('text' in found) {
      onRead?.({ kind, hash: part.hash, bytes: found.bytes });
      return { outcome: 'read', text: found.text };
    }
    problems.push(sources.length === 1 ? found.problem : `${name}: ${found.problem}`);
  }
  const path = partKey(kind, part.name, part.slot, part.encoding);
  return { outcome: 'unavailable', problem: { path, message: problems.join('; ') } };
}

type Found = { readonly text: string; readonly bytes: Uint8Array } | { readonly problem: string };

async function readFrom(kind: DocumentKind, part: PartReference, source: NamedSource['source']): Promise<Found> {
  try {
    return await textOf(await source.readPart(kind, part), part);
  } catch (error) {
    return { problem: `found nothing: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The text that is stored as `bytes`, if its hash is that of the reference. What inflates beyond the limit is refused on the way. */
async function textOf(bytes: Uint8Array, { encoding, hash }: PartReference): Promise<Found> {
  let text: string;
  try {
    const plain = encoding === 'gzip' ? (inflatedSmall(bytes) ?? (await inflated(bytes))) : Buffer.from(bytes);
    text = plain.toString('utf8');
  } catch {
    const accepted = `accepted is gzip of at most ${MAX_PART_BYTES} bytes`;
    return { problem: `found ${bytes.byteLength} bytes that cannot be inflated, ${accepted}` };
  }
  const found = createHash('sha256').update(text).digest('hex');
  if (found === hash) return { text, bytes };
  return { problem: `found ${text.length} characters with the hash ${found}, accepted is ${hash}` };
}

function inflatedSmall(bytes: Uint8Array): Buffer | undefined {
  if (bytes.byteLength > SMALL_BYTES) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: SMALL_LIMIT_BYTES });
  } catch {
    return undefined;
  }
}

function inflated(bytes: Uint8Array): Promise<Buffer> {
  return inflateAside(bytes, { maxOutputLength: MAX_PART_BYTES });
}
