import { gunzipSync, gzipSync } from 'node:zlib';
import { MAX_PART_BYTES, type PartReference } from '@evergate/contract/document';

/** The level at which a table of 10,000 routes takes a tenth of its size; higher ones take longer and save nearly nothing. */
const LEVEL = 6;

/** A part's text compressed, or undefined where it has at most `aboveBytes` and stays as it is. Equal texts give equal bytes. */
export function compressed(text: string, aboveBytes: number): Buffer | undefined {
  if (Buffer.byteLength(text) <= aboveBytes) return undefined;
  return gzipSync(text, { level: LEVEL });
}

/** The text of a part as it was stored. Throws where it is not what its encoding says, or larger than a part may be. */
export function decompressed(stored: Uint8Array, { encoding }: Pick<PartReference, 'encoding'>): string {
  if (encoding === undefined) return Buffer.from(stored).toString('utf8');
  return gunzipSync(stored, { maxOutputLength: MAX_PART_BYTES }).toString('utf8');
}
