import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram } from '../../src/observe/histogram.ts';

const duration = fc.oneof(
  fc.double({ min: 0, max: 100_000, noNaN: true }),
  fc.constantFrom(0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000.1),
);

describe('the histogram', () => {
  test('each bound counts exactly the durations that are at most that long', () => {
    fc.assert(
      fc.property(fc.array(duration, { maxLength: 50 }), (durations) => {
        const histogram = new Histogram();
        for (const durationMs of durations) histogram.observe(durationMs);
        for (const { boundMs, count } of histogram.cumulative()) {
          expect(count).toBe(durations.filter((durationMs) => durationMs <= boundMs).length);
        }
        expect(histogram.sumMs).toBeCloseTo(durations.reduce((sum, durationMs) => sum + durationMs, 0));
      }),
    );
  });
});
