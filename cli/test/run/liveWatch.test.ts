import { describe, expect, test } from '@jest/globals';
import { type AwaitedTable, LiveWatch } from '../../src/run/liveWatch.ts';
import type { RevisionAnswer } from '../../src/run/revision.ts';
import { ManualTimers } from './manualTimers.ts';

function writes(sequence: number): RevisionAnswer['writes'] {
  return { routes: { epoch: 1, sequence }, endpoints: { epoch: 1, sequence: 1 }, secrets: { epoch: 1, sequence: 1 } };
}

function table(number: number): AwaitedTable {
  return { number, writes: writes(number), seenAt: 0, spentMs: {} };
}

/** Two gateways that serve what `served` says. */
function watchTwo() {
  const timers = new ManualTimers();
  const served = new Map([1, 2].map((gateway) => [gateway, 0]));
  const said: string[] = [];
  const watch = new LiveWatch({
    gateways: 2,
    ask: (gateway) => {
      const sequence = served.get(gateway);
      return Promise.resolve(sequence === undefined ? undefined : { writes: writes(sequence), refused: [] });
    },
    onLive: ({ number }) => said.push(`${number} live`),
    onLate: ({ number }, behind) => said.push(`${number} late in ${[...behind.keys()].join(' ')}`),
    timers,
  });
  const pass = async (ms: number): Promise<void> => {
    timers.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { watch, served, said, pass };
}

describe('LiveWatch', () => {
  test('says that a table is live once every gateway serves it', async () => {
    const { watch, served, said, pass } = watchTwo();
    watch.expect(table(7));
    served.set(1, 7);
    await pass(4);
    expect(said).toEqual([]);
    served.set(2, 7);
    await pass(100);
    expect(said).toEqual(['7 live']);
  });

  test('takes a later table for good, and tells of each', async () => {
    const { watch, served, said, pass } = watchTwo();
    watch.expect(table(7));
    watch.expect(table(8));
    served.set(1, 8).set(2, 8);
    await pass(4);
    expect(said).toEqual(['7 live', '8 live']);
  });

  test('names the gateways that are behind after 10 s', async () => {
    const { watch, served, said, pass } = watchTwo();
    watch.expect(table(7));
    served.set(1, 7).delete(2);
    for (let i = 0; i < 101; i++) await pass(100);
    expect(said).toEqual(['7 late in 2']);
  });

  test('asks no more when nothing is awaited', async () => {
    const { watch, served, said, pass } = watchTwo();
    watch.expect(table(7));
    watch.close();
    served.set(1, 7).set(2, 7);
    await pass(1_000);
    expect(said).toEqual([]);
  });
});
