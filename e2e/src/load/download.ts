import { request as httpRequest, type IncomingMessage } from 'node:http';
import { patternBytes } from '../pattern.ts';
import type { OpenStream } from './streams.ts';

const BYTES_PER_SECOND = 1_000_000;
/** Twice the pieces' distance many times over: a neighbour's pause is no break. */
const SILENCE_MS = 15_000;
const SLICE = 32 * 1024;

/** A download of `seconds`, about a megabyte each. It is whole when every byte is there and right. */
export function download(target: URL, seconds: number): OpenStream {
  const bytes = seconds * BYTES_PER_SECOND;
  const url = new URL(target);
  url.search = new URLSearchParams({ do: 'download', seconds: `${seconds}`, bytes: `${bytes}` }).toString();
  return async (piece, signal) => {
    const response = await get(url, signal);
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!isPattern(chunk, received)) throw new Error(`wrong bytes after ${received}`);
      received += chunk.length;
      piece(chunk.length);
    }
    if (received !== bytes) throw new Error(`${received} of ${bytes} bytes`);
  };
}

/** Resolves with the head of the answer to a GET on a connection of its own; it breaks when nothing comes for 15 s. */
export function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(url, { agent: false, signal, timeout: SILENCE_MS });
  request.on('timeout', () => request.destroy(new Error('nothing came for 15 s')));
  request.on('response', resolve);
  request.on('error', reject);
  request.end();
  return promise;
}

function isPattern(chunk: Buffer, offset: number): boolean {
  for (let start = 0; start < chunk.length; start += SLICE) {
    const slice = chunk.subarray(start, start + SLICE);
    if (!slice.equals(patternBytes(offset + start, slice.length))) return false;
  }
  return true;
}
