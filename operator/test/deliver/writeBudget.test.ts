import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WriteBudget } from '../../src/deliver/writeBudget.ts';

describe('the budget of writes', () => {
  test('lets the first write through at once, whatever its size, and has it paid back before the next', () => {
    let nowMs = 0;
    const budget = new WriteBudget({ bytesPerSecond: 1_000, writesPerSecond: 10, now: () => nowMs });
    expect(budget.waitMs).toBe(0);
    budget.spend(5_000, 1);
    expect(budget.waitMs).toBe(3_001);
    nowMs += 3_001;
    expect(budget.waitMs).toBe(0);
  });

  test('over a long time lets no more through than its rate and one burst (property)', () => {
    const writes = fc.array(fc.record({ afterMs: fc.nat(500), bytes: fc.nat(3_000) }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(writes, (all) => {
        let nowMs = 0;
        let [bytes, count] = [0, 0];
        const budget = new WriteBudget({ bytesPerSecond: 1_000, writesPerSecond: 5, now: () => nowMs });
        for (const write of all) {
          nowMs += write.afterMs;
          if (budget.waitMs > 0) continue;
          budget.spend(write.bytes, 1);
          bytes += write.bytes;
          count += 1;
        }
        const seconds = nowMs / 1_000;
        expect(bytes).toBeLessThanOrEqual(2_000 + 1_000 * seconds + 3_000);
        expect(count).toBeLessThanOrEqual(10 + 5 * seconds + 1);
      }),
    );
  });
});
