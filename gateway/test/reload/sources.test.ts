import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemTimers, type Timers } from '../../src/reload/timers.ts';
import { ruleOf } from '../match/rules.ts';
import { eventually } from '../support/eventually.ts';
import { MemorySource, type RoutesOfTest, routesOf } from './memorySource.ts';
import { sha256 } from './publisher.ts';
import { Rig } from './rig.ts';

const one = ruleOf('one');
const two = ruleOf('two');

let watch: MemorySource;
let mount: MemorySource;
let copy: MemorySource;
let rig: Rig;
/** The retry of what may heal, run by the test. */
let retry: () => void;

const timers: Timers = {
  now: systemTimers.now,
  after(delayMs, run) {
    if (delayMs !== 5_000) return systemTimers.after(delayMs, run);
    retry = run;
    return () => {};
  },
};

beforeEach(async () => {
  watch = new MemorySource('Watch');
  mount = new MemorySource('Mount');
  copy = new MemorySource('Copy');
  rig = new Rig([copy.named, mount.named, watch.named], { timers });
  await rig.reloader.start();
});

afterEach(() => rig.reloader.close());

function at(sequence: number, rules = [ruleOf(`route-${sequence}`)], epoch = 1): RoutesOfTest {
  return routesOf(rules, { sequence, epoch });
}

function serving(): { sequence: number; source: string } | null {
  return rig.reloader.status.documents.routes;
}

describe('Reloader, with several sources', () => {
  test.each(['Watch', 'Mount', 'Copy'] as const)('is content with any one of them: %s', async (name) => {
    const source = [watch, mount, copy].find((each) => each.name === name) as MemorySource;
    const { index, part, text } = at(1);
    source.holds(part, text).offers(index);
    await rig.swapped('routes', 1);
    expect(serving()).toMatchObject({ sequence: 1, source: name });
  });

  test('serves the newest of what they have, and an older mount never reverts it', async () => {
    for (const [source, sequence] of [
      [copy, 8],
      [mount, 7],
      [watch, 9],
    ] as const) {
      const { index, part, text } = at(sequence);
      source.holds(part, text).offers(index);
    }
    await rig.swapped('routes', 9);
    const { index } = at(8);
    mount.offers(index);
    await rig.event('older', ({ source, offered }) => source === 'Mount' && offered.sequence === 8);
    expect(serving()).toMatchObject({ sequence: 9, source: 'Watch' });
    expect(rig.reloader.status).toMatchObject({ stale: false, refused: [] });
  });

  test('ends up with the newest whatever comes in whatever order, and never goes back', async () => {
    const offers = fc.array(fc.tuple(fc.constantFrom(0, 1, 2), fc.nat(2), fc.integer({ min: 1, max: 20 })), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(offers, async (list) => {
        const sources = [new MemorySource('Watch'), new MemorySource('Mount'), new MemorySource('Copy')] as const;
        await using fresh = new Rig(
          sources.map(({ named }) => named),
          { timers },
        );
        await fresh.reloader.start();
        for (const [source, epoch, sequence] of list) {
          const { index, part, text } = at(sequence, undefined, epoch);
          sources[source]?.holds(part, text).offers(index);
          if (sequence % 3 === 0) await Promise.resolve();
        }
        const last = new Map(list.map(([source, epoch, sequence]) => [source, rank({ epoch, sequence })]));
        await eventually('the newest on offer, or a newer one, is served', () => {
          return rank(fresh.reloader.status.documents.routes) >= Math.max(...last.values());
        });
        const swaps = fresh.events.flatMap((event) => (event.type === 'swapped' ? rank(event.order) : []));
        expect(swaps).toEqual([...new Set(swaps)].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  test('reads a part from whichever source has it, asking the one that offered the index first', async () => {
    const { index, part, text } = at(2);
    watch.holds(part, text);
    mount.offers(index);
    await rig.swapped('routes', 2);
    expect(mount.asked).toEqual([part.hash]);
    expect(watch.asked).toEqual([part.hash]);
    expect(serving()).toMatchObject({ source: 'Mount' });
  });

  test('follows a later epoch with lower sequences: the store was restored', async () => {
    for (const [epoch, sequence] of [
      [1, 900],
      [2, 3],
    ] as const) {
      const { index, part, text } = at(sequence, [ruleOf(`epoch-${epoch}`)], epoch);
      watch.holds(part, text).offers(index);
      await rig.swapped('routes', sequence);
    }
    const { index, part, text } = at(901);
    mount.holds(part, text).offers(index);
    await rig.event('older');
    expect(rig.ruleIds).toEqual(['shop/epoch-2/0']);
  });

  test('does nothing about the same document from another source, but names the liveliest that has it', async () => {
    const { index, part, text } = at(4);
    copy.holds(part, text).offers(index);
    await rig.swapped('routes', 4);
    expect(serving()).toMatchObject({ source: 'Copy' });
    watch.offers(index);
    await eventually('the watch is named', () => serving()?.source === 'Watch');
    expect(rig.events.map(({ type }) => type)).toEqual(['swapped']);
  });

  test('a document that a half-written mount refused is good once the watch offers it', async () => {
    const { index, part, text } = at(5);
    mount.offers(index);
    await rig.refused();
    expect(rig.reloader.status.stale).toBe(true);
    watch.holds(part, text).offers(index);
    await rig.swapped('routes', 5);
    expect(rig.reloader.status).toMatchObject({ stale: false, refused: [] });
    retry();
    await eventually('the retry is over', () => rig.events.length === 2);
    expect(serving()).toMatchObject({ sequence: 5 });
  });

  test('a bad document from one source does not hold up a good one from another', async () => {
    const good = at(6);
    watch.offers('{"kind":');
    mount.holds(good.part, good.text).offers(good.index);
    await rig.swapped('routes', 6);
    expect(rig.reloader.status.stale).toBe(true);
    expect(rig.reloader.status.refused[0]?.message).toContain('no complete JSON');
    watch.offers(good.index);
    await eventually('nothing is refused', () => !rig.reloader.status.stale);
  });

  test('an unreadable mount matters to nobody while the watch has what is served', async () => {
    const good = at(6);
    watch.holds(good.part, good.text).offers(good.index);
    await rig.swapped('routes', 6);
    mount.offers('garbage');
    await rig.refused();
    expect(rig.reloader.status).toMatchObject({ stale: false, refused: [] });
  });

  test('names two writers of one sequence, whichever sources they come through', async () => {
    const good = at(6);
    watch.holds(good.part, good.text).offers(good.index);
    await rig.swapped('routes', 6);
    mount.offers(at(6, [two]).index);
    expect(await rig.refused()).toContain('two writers');
    expect(rig.reloader.status.stale).toBe(true);
    expect(rig.ruleIds).toEqual(['shop/route-6/0']);
  });

  test('goes on with the newest while an older one comes from elsewhere', async () => {
    const newest = at(11, [one]);
    const older = at(10, [two]);
    mount.holds(older.part, older.text);
    const asking = watch.asking();
    watch.offers(newest.index);
    await asking;
    mount.offers(older.index);
    await watch.asking();
    watch.holds(newest.part, newest.text);
    await rig.swapped('routes', 11);
    expect(rig.ruleIds).toEqual([one.id]);
  });

  test("takes another fleet's documents from a source as lively as the last, and from no lesser one", async () => {
    const old = routesOf([one], { sequence: 500 });
    copy.holds(old.part, old.text).offers(old.index);
    await rig.swapped('routes', 500);
    const recreated = routesOf([two], { sequence: 1, fleetUID: 'uid-2' });
    watch.holds(recreated.part, recreated.text).offers(recreated.index);
    await rig.event('swapped', ({ order }) => order.fleetUID === 'uid-2');
    mount.holds(old.part, old.text).offers(old.index);
    await rig.event('older', ({ source }) => source === 'Mount');
    expect(rig.ruleIds).toEqual([two.id]);
  });
});

describe('Reloader, with compressed parts', () => {
  const compressed = { requires: ['gzip'] };

  test('reads them from outside the index and from inside it', async () => {
    const { text } = routesOf([one]);
    const part = { name: '0', slot: 'a', hash: sha256(text), encoding: 'gzip' } as const;
    watch.holds(part, gzipSync(text)).offers(routesOf([one], { ...compressed, parts: [part] }).index);
    await rig.swapped('routes', 1);
    const { text: other } = routesOf([two]);
    const inline = { ...part, hash: sha256(other), inline: gzipSync(other).toString('base64') };
    watch.offers(routesOf([two], { ...compressed, sequence: 2, parts: [inline] }).index);
    await rig.swapped('routes', 2);
    expect(rig.ruleIds).toEqual([two.id]);
  });

  test('refuses one that is not gzip, and one that inflates beyond every bound', async () => {
    const part = { name: '0', slot: 'a', hash: 'a'.repeat(64), encoding: 'gzip' } as const;
    const bomb = gzipSync(Buffer.alloc(33 * 1_048_576)).toString('base64');
    for (const [sequence, inline] of ['bm8gZ3ppcA==', bomb].entries()) {
      watch.offers(routesOf([one], { ...compressed, sequence, parts: [{ ...part, inline }] }).index);
      expect(await rig.refused(sequence + 1)).toMatch(/^parts inline 0: found \d+ bytes that cannot be inflated/);
    }
  });
});

function rank(order: { readonly epoch: number; readonly sequence: number } | null): number {
  return order === null ? -1 : order.epoch * 1000 + order.sequence;
}
