import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LocalLimits } from '../../src/state/localLimits.ts';
import { chargeOf } from './storeBehaviour.ts';

const WINDOW_MS = 6_000;

describe('local limits', () => {
  test('a sliding window admits at most its limit in every window, and all that a window and a sixtieth permit', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), (waits, requests) => {
        let now = 1_000_000;
        const limits = new LocalLimits(10, () => now);
        const charge = chargeOf({ requests, windowMs: WINDOW_MS });
        const admittedAt: number[] = [];
        for (const wait of waits) {
          now += wait;
          const within = (ms: number): number => admittedAt.filter((at) => now - at < ms).length;
          const isAdmitted = limits.take([charge])[0]?.admitted === true;
          if (within(WINDOW_MS + WINDOW_MS / 60) < requests) expect(isAdmitted).toBe(true);
          if (within(WINDOW_MS) >= requests) expect(isAdmitted).toBe(false);
          if (isAdmitted) admittedAt.push(now);
        }
      }),
    );
  });

  test('a token bucket admits at most its burst and what the time that passed gives back', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 10 }), (waits, burst) => {
        let now = 0;
        const limits = new LocalLimits(10, () => now);
        const charge = chargeOf({ algorithm: 'TokenBucket', requests: 10, windowMs: 1_000, burst });
        let admitted = 0;
        for (const wait of waits) {
          now += wait;
          if (limits.take([charge])[0]?.admitted === true) admitted++;
          expect(admitted).toBeLessThanOrEqual(burst + now / 100);
        }
      }),
    );
  });

  test('a hundred thousand clients take no more memory than the counters there may be', () => {
    const limits = new LocalLimits(1_000, () => 0);
    const charge = chargeOf();
    for (let client = 0; client < 100_000; client++) limits.take([{ ...charge, key: `client-${client}` }]);
    expect(limits.size).toBe(1_000);
  });

  test('who comes again is kept when others are forgotten', () => {
    const limits = new LocalLimits(3, () => 0);
    const regular = chargeOf({ requests: 1 });
    for (let other = 0; other < 10; other++) {
      limits.take([regular]);
      limits.take([chargeOf()]);
    }
    expect(limits.take([regular])[0]?.admitted).toBe(false);
  });
});
