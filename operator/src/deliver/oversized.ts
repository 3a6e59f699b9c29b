import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { Write } from './documents.ts';

/** What an object may hold: the API server refuses a mebibyte, of which keys and labels take their share. */
const LIMIT_BYTES = 900 * 1024;

const remedies: Readonly<Record<DocumentKind, string>> = {
  routes: 'attach some of the routes to another fleet',
  endpoints: 'attach routes to some of the backends to another fleet',
  secrets: 'let the fleet name fewer or smaller Secrets, or attach some of the routes to another fleet',
};

/** What of these writes does not fit into an object of its own. Where anything does not, nothing must be written. */
export function oversized(writes: readonly Write[], limitBytes: number = LIMIT_BYTES): readonly Problem[] {
  return writes.flatMap(({ kind, key, text, gzip }) => {
    const bytes = gzip?.byteLength ?? Buffer.byteLength(text);
    if (bytes <= limitBytes) return [];
    const message = `found ${bytes} bytes to store, accepted are at most ${limitBytes}: ${remedies[kind]}`;
    return [{ path: key, message }];
  });
}
