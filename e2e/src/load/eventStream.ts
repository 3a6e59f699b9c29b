import { createInterface } from 'node:readline';
import { get } from './download.ts';
import type { OpenStream } from './streams.ts';

/** An event stream of `seconds`. It is whole when every number came, in order, and the last event said that it was the last. */
export function eventStream(target: URL, seconds: number): OpenStream {
  const url = new URL(target);
  url.search = new URLSearchParams({ do: 'events', seconds: `${seconds}` }).toString();
  return async (piece, signal) => {
    const response = await get(url, signal);
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    const failure = new Promise<never>((_, reject) => response.once('error', reject));
    await Promise.race([readEvents(createInterface({ input: response }), piece), failure]);
  };
}

async function readEvents(lines: AsyncIterable<string>, piece: (count: number) => void): Promise<void> {
  let next = 0;
  for await (const line of lines) {
    if (line === 'event: end') return;
    if (!line.startsWith('data: ')) continue;
    if (line !== `data: ${next}`) throw new Error(`${line} instead of number ${next}`);
    next += 1;
    piece(1);
  }
  throw new Error(`it ended after ${next} events without saying so`);
}
