import type { Readable } from 'node:stream';
import { ApiError } from './apiError.ts';
import { isKubeObject, type KubeObject } from './kubeObject.ts';

/** What a watch tells. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** Nothing changed up to here. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  /** The API server gives the watch up. */
  | { readonly type: 'ERROR'; readonly error: ApiError };

/** Several times the largest object that the API server takes. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Reads events, one a line of JSON, until the body ends. `onBytes` hears of each chunk. Throws an ApiError at what is no event. */
export async function* readEvents(body: Readable, onBytes: (bytes: number) => void): AsyncGenerator<WatchEvent> {
  for await (const line of readLines(body, onBytes)) {
    const event = readEvent(line);
    if (event !== undefined) yield event;
  }
}

async function* readLines(body: Readable, onBytes: (bytes: number) => void): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      held.push(chunk.subarray(from, end));
      yield Buffer.concat(held).toString('utf8');
      held = [];
      heldBytes = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > MAX_LINE_BYTES) {
      throw new ApiError({ status: 0, reason: 'TooLarge', message: `a watch's line exceeds ${MAX_LINE_BYTES} bytes` });
    }
  }
}

/** One line. A type of event that is not known yet is left out: it cannot be one of an object. */
function readEvent(line: string): WatchEvent | undefined {
  if (line.trim() === '') return undefined;
  const { type, object } = parseLine(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (!isKubeObject(object)) throw badLine(line);
      return { type, object };
    case 'BOOKMARK':
      return { type, resourceVersion: bookmarkVersion(object, line) };
    case 'ERROR':
      return { type, error: ApiError.fromStatus(object) };
    default:
      return undefined;
  }
}

function parseLine(line: string): { readonly type?: unknown; readonly object?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Its message would quote the line.
    throw badLine(line);
  }
  throw badLine(line);
}

/** A bookmark's object has no name, only a version. */
function bookmarkVersion(object: unknown, line: string): string {
  const metadata = (object as { metadata?: { resourceVersion?: unknown } } | undefined)?.metadata;
  if (typeof metadata?.resourceVersion !== 'string') throw badLine(line);
  return metadata.resourceVersion;
}

/** The line may hold a Secret, so it is not shown. */
function badLine(line: string): ApiError {
  const message = `a watch's line of ${line.length} characters is no event`;
  return new ApiError({ status: 0, reason: 'BadAnswer', message });
}
