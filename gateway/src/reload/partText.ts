import { createHash } from 'node:crypto';
import type { PartReference } from '@evergate/contract/document';
import { type DocumentKind, partKey } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { DocumentSource } from './source.ts';
import type { Timers } from './timers.ts';

/**
 * A part that is missing, or not the one its index names, belongs to a set that is just being written or was read in between.
 * It is there, or the next index is, in a moment; these waits are 630 ms in all.
 */
const WAITS_MS = [10, 20, 40, 80, 160, 320];

export interface PartReading {
  readonly source: Pick<DocumentSource, 'readPart'>;
  readonly timers: Timers;
  /** A newer index has come: waiting for this one's parts is pointless. */
  readonly superseded: () => boolean;
}

export type PartText =
  | { readonly outcome: 'read'; readonly text: string }
  | { readonly outcome: 'superseded' }
  /** Still so after every wait; it may heal by itself later. */
  | { readonly outcome: 'unavailable'; readonly problem: Problem };

/** Reads the text of a part and makes sure that it is the one that the index names. Never rejects. */
export async function readPartText(kind: DocumentKind, part: PartReference, reading: PartReading): Promise<PartText> {
  if (part.inline !== undefined) return verify(part.inline, part, `parts inline ${part.name}`);
  const key = partKey(kind, part.name, part.slot);
  let result = await attempt(key, part, reading.source);
  for (const waitMs of WAITS_MS) {
    if (result.outcome === 'read') return result;
    if (reading.superseded()) return { outcome: 'superseded' };
    await new Promise<void>((resolve) => {
      reading.timers.after(waitMs, resolve);
    });
    result = await attempt(key, part, reading.source);
  }
  return result;
}

async function attempt(key: string, part: PartReference, source: PartReading['source']): Promise<PartText> {
  try {
    return verify(await source.readPart(key), part, key);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'unavailable', problem: { path: key, message: `found nothing: ${reason}` } };
  }
}

function verify(text: string, { hash }: PartReference, path: string): PartText {
  const found = createHash('sha256').update(text).digest('hex');
  if (found === hash) return { outcome: 'read', text };
  const message = `found ${text.length} characters with the hash ${found}, accepted is ${hash}`;
  return { outcome: 'unavailable', problem: { path, message } };
}
