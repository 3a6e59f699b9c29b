import { describe, expect, test } from '@jest/globals';
import type { LimitAlgorithm, LimitCharge } from '../../src/state/limit.ts';
import type { Store } from '../../src/state/store.ts';

/** What every implementation of a store must do. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Lets time pass for the store. */
  elapse(ms: number): Promise<void>;
  /** So long, in milliseconds, that a test's own work takes none of it. */
  readonly span: number;
}

let keys = 0;

export function chargeOf(fields: Partial<LimitCharge> = {}): LimitCharge {
  const key = `test:{${process.pid}-${keys++}}`;
  return { key, algorithm: 'SlidingWindow', requests: 3, windowMs: 60_000, burst: 3, dryRun: false, ...fields };
}

async function take(store: Store, ...charges: LimitCharge[]): Promise<boolean[]> {
  return (await store.take(charges)).map(({ admitted }) => admitted);
}

async function admitted(store: Store, charge: LimitCharge, times: number): Promise<number> {
  const all = await Promise.all(Array.from({ length: times }, () => store.take([charge])));
  return all.filter(([state]) => state?.admitted === true).length;
}

export function describeStore(name: string, underTest: () => StoreUnderTest): void {
  const elapse = (ms: number): Promise<void> => underTest().elapse(ms);
  const store = (): Store => underTest().store;
  const span = (): number => underTest().span;
  const algorithms: readonly LimitAlgorithm[] = ['SlidingWindow', 'FixedWindow', 'TokenBucket'];

  describe(`limits of ${name}`, () => {
    test.each(algorithms)('%s admits exactly its limit of requests that come at once', async (algorithm) => {
      const charge = chargeOf({ algorithm, requests: 100, windowMs: 60_000, burst: 100 });
      expect(await admitted(store(), charge, 200)).toBe(100);
    });

    test.each(algorithms)('%s tells what is left, and refuses when nothing is', async (algorithm) => {
      const charge = chargeOf({ algorithm });
      const states = [];
      for (let request = 0; request < 4; request++) states.push(...(await store().take([charge])));
      expect(states.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
      expect(states.map((state) => state.admitted)).toEqual([true, true, true, false]);
      for (const { resetMs } of states) expect(resetMs).toBeGreaterThan(0);
      for (const { resetMs } of states) expect(resetMs).toBeLessThanOrEqual(61_000);
    });

    test.each(algorithms)('%s admits again once the time that it named has passed', async (algorithm) => {
      const charge = chargeOf({ algorithm, windowMs: span() });
      await admitted(store(), charge, 4);
      const [refused] = await store().take([charge]);
      expect(refused?.admitted).toBe(false);
      await elapse((refused?.resetMs ?? 0) + 1);
      expect(await take(store(), charge)).toEqual([true]);
    });

    test('a SlidingWindow forgets requests one step after another, not all at once', async () => {
      const charge = chargeOf({ requests: 2, windowMs: span() });
      await take(store(), charge);
      await elapse(span() / 2);
      expect(await take(store(), charge)).toEqual([true]);
      expect(await take(store(), charge)).toEqual([false]);
      await elapse(span() * (1 / 2 + 1 / 60));
      expect(await admitted(store(), charge, 2)).toBe(1);
    });

    test('a SlidingWindow that nobody used for several windows begins anew', async () => {
      const charge = chargeOf({ requests: 2, windowMs: 60 });
      await admitted(store(), charge, 2);
      await elapse(200);
      expect(await admitted(store(), charge, 3)).toBe(2);
    });

    test('a FixedWindow begins with its first request and then begins anew as a whole', async () => {
      const charge = chargeOf({ algorithm: 'FixedWindow', windowMs: span() });
      expect(await admitted(store(), charge, 5)).toBe(3);
      await elapse(span() + 1);
      expect(await admitted(store(), charge, 5)).toBe(3);
    });

    test('a TokenBucket gives one request back each interval, and never more than its burst', async () => {
      const charge = chargeOf({ algorithm: 'TokenBucket', requests: 1, windowMs: span(), burst: 2 });
      expect(await admitted(store(), charge, 3)).toBe(2);
      await elapse(span() + 1);
      expect(await take(store(), charge)).toEqual([true]);
      await elapse(3 * span());
      expect(await admitted(store(), charge, 5)).toBe(2);
    });

    test('one limit that refuses charges no other', async () => {
      const narrow = chargeOf({ requests: 1, windowMs: 60_000 });
      const wide = chargeOf({ key: `${narrow.key}:wide`, requests: 3, windowMs: 60_000 });
      expect(await take(store(), narrow, wide)).toEqual([true, true]);
      expect(await take(store(), narrow, wide)).toEqual([false, true]);
      expect((await store().take([wide]))[0]?.remaining).toBe(1);
    });

    test('a dry run tells that it would refuse, and refuses nothing', async () => {
      const dry = chargeOf({ requests: 1, windowMs: 60_000, dryRun: true });
      const wide = chargeOf({ key: `${dry.key}:wide`, requests: 3, windowMs: 60_000 });
      await take(store(), dry, wide);
      expect(await take(store(), dry, wide)).toEqual([false, true]);
      expect((await store().take([wide]))[0]?.remaining).toBe(0);
    });

    test('several algorithms are charged in one call, in their order', async () => {
      const first = chargeOf({ requests: 5, windowMs: 60_000 });
      const charges = algorithms.map((algorithm, index) => ({
        ...first,
        key: `${first.key}:${index}`,
        algorithm,
        requests: index + 5,
        burst: index + 5,
      }));
      expect((await store().take(charges)).map(({ remaining }) => remaining)).toEqual([4, 5, 6]);
    });
  });

  describe(`values of ${name}`, () => {
    test.each(['a\nb', 'a b', '{}', '}{', 'ä€😀', '*3\r\n$3\r\nSET', '"'])(
      'keys may hold anything: %j',
      async (text) => {
        const key = `test:${process.pid}:${text}`;
        await store().set(key, text, 10_000);
        expect(await store().get(key)).toBe(text);
        expect(await store().get(`${key} `)).toBeUndefined();
      },
    );

    test('a value is gone once its time is over', async () => {
      const key = `test:${process.pid}:expiring`;
      await store().set(key, 'here', span());
      expect(await store().get(key)).toBe('here');
      await elapse(span() + 10);
      expect(await store().get(key)).toBeUndefined();
    });

    test('a value is replaced only where there is one', async () => {
      const key = `test:${process.pid}:replaced`;
      await store().replace(key, 'new', 10_000);
      expect(await store().get(key)).toBeUndefined();
      await store().set(key, 'old', 10_000);
      await store().replace(key, 'new', 10_000);
      expect(await store().get(key)).toBe('new');
    });

    test('a session lives on while it is read with a renewal, and ends without', async () => {
      const key = `test:${process.pid}:session`;
      await store().set(key, '{"user":"ada"}', 2 * span());
      await elapse(1.2 * span());
      expect(await store().session(key, 2 * span())).toBe('{"user":"ada"}');
      await elapse(1.2 * span());
      expect(await store().session(key, 0)).toBe('{"user":"ada"}');
      await elapse(1.2 * span());
      expect(await store().session(key, 0)).toBeUndefined();
    });
  });
}
