import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type Breathe, createBreather } from '../reload/breathe.ts';

/** Requests may wait for a slice, so it is short against the 20 ms that a scrape may hold one. */
const SLICE_MS = 5;
const BLOCK_CHARACTERS = 65_536;

/**
 * Writes a long text without holding up the event loop: pulls chunks for at most 5 ms at a time, and waits while the sink is full, so that
 * at most one block is in memory. Rejects when `signal` aborts, which must happen when the sink closes. Does not end the sink.
 */
export async function writeSliced(
  chunks: Iterable<string>,
  sink: Writable,
  signal: AbortSignal,
  breathe: Breathe = createBreather(SLICE_MS),
): Promise<void> {
  let block = '';
  for (const chunk of chunks) {
    block += chunk;
    const pause = breathe();
    if (pause === undefined && block.length < BLOCK_CHARACTERS) continue;
    await writeBlock(block, sink, signal);
    block = '';
    if (pause !== undefined) await pause;
  }
  await writeBlock(block, sink, signal);
}

async function writeBlock(block: string, sink: Writable, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!sink.write(block)) await once(sink, 'drain', { signal });
}
