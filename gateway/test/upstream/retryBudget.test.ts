import { describe, expect, test } from '@jest/globals';
import { RetryBudget } from '../../src/upstream/retryBudget.ts';

/** How many retries there are at `now` when everyone wants one. */
function drain(budget: RetryBudget, now: number, percent: number, minPerSecond: number): number {
  let count = 0;
  while (count < 100_000 && budget.tryRetry(now, percent, minPerSecond)) count++;
  return count;
}

describe('a budget for retries', () => {
  test('gives a share of the requests of the last ten seconds', () => {
    const budget = new RetryBudget();
    for (let request = 0; request < 500; request++) budget.onRequest(1_000);
    expect(drain(budget, 1_500, 20, 0)).toBe(100);
    for (let request = 0; request < 50; request++) budget.onRequest(2_000);
    expect(drain(budget, 2_000, 20, 0)).toBe(10);
    // The requests of the first second are forgotten, and the retries that they paid for as well.
    expect(drain(budget, 11_500, 20, 0)).toBe(0);
  });

  test('gives a few a second beside, and keeps none for later', () => {
    const budget = new RetryBudget();
    expect(drain(budget, 0, 20, 10)).toBe(10);
    expect(drain(budget, 100, 20, 10)).toBe(1);
    expect(drain(budget, 60_000, 20, 10)).toBe(10);
  });

  test('gives none where the rule allows none', () => {
    const budget = new RetryBudget();
    for (let request = 0; request < 500; request++) budget.onRequest(1_000);
    expect(drain(budget, 1_000, 0, 0)).toBe(0);
  });

  test.each([20, 50, 300])('adds at most 20 % and 10 a second to %d requests a second that all fail', (rate) => {
    const budget = new RetryBudget();
    let retries = 0;
    const seconds = 30;
    for (let request = 0; request < rate * seconds; request++) {
      const now = (request * 1_000) / rate;
      budget.onRequest(now);
      if (budget.tryRetry(now, 20, 10)) retries++;
    }
    expect(retries).toBeLessThanOrEqual(rate * seconds * 0.2 + 10 * (seconds + 1));
    expect(retries).toBeGreaterThanOrEqual(Math.min(rate * seconds, rate * seconds * 0.2 + 10 * seconds) * 0.95);
  });

  test('forgets all of a long pause at once', () => {
    const budget = new RetryBudget();
    for (let request = 0; request < 500; request++) budget.onRequest(1_000);
    budget.onRequest(1_000_000_000);
    expect(drain(budget, 1_000_000_000, 20, 0)).toBe(0);
  });
});
