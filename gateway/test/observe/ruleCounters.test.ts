import { describe, expect, test } from '@jest/globals';
import { RuleCounters } from '../../src/observe/ruleCounters.ts';
import { noSlot } from '../../src/observe/slots.ts';

function countersAt(clock: { now: number }, limit = 10_000) {
  return new RuleCounters({ limit, graceMs: 100, now: () => clock.now });
}

const labels = (rule: string) => ({ namespace: 'shop', route: 'orders', rule });

function rows(counters: RuleCounters) {
  return Array.from({ length: counters.size }, (_, index) => counters.row(index)).filter((row) => row !== undefined);
}

describe('the counters of rules', () => {
  test('a request counts in its status class and adds its duration and bytes', () => {
    const counters = countersAt({ now: 0 });
    const slot = counters.slotFor('shop/orders/api', labels('api'));
    counters.record(slot, 200, 12, 100, 1_000);
    counters.record(slot, 204, 3, 0, 0);
    counters.record(slot, 503, 5, 1, 2);
    const [row] = rows(counters);
    expect(row?.labels).toBe('namespace="shop",route="orders",rule="api"');
    expect([...(row?.byClass ?? [])]).toEqual([0, 2, 0, 0, 1]);
    expect(row).toMatchObject({ durationMs: 20, requestBytes: 101, responseBytes: 1_002 });
  });

  test.each([
    [101, 0],
    [200, 1],
    [308, 2],
    [499, 3],
    [599, 4],
    [0, 4],
    [700, 4],
  ])('the status %d counts in class %d', (status, statusClass) => {
    const counters = countersAt({ now: 0 });
    counters.record(noSlot, status, 0, 0, 0);
    expect(counters.totals().byClass[statusClass]).toBe(1);
  });

  test('counts live on when the rules of many reloads make the arrays grow', () => {
    const counters = countersAt({ now: 0 });
    const first = counters.slotFor('first', labels('first'));
    counters.record(first, 200, 1, 0, 0);
    for (let rule = 0; rule < 5_000; rule += 1) counters.slotFor(`r${rule}`, labels(`r${rule}`));
    counters.record(first, 200, 1, 0, 0);
    expect(rows(counters).map((row) => row.byClass[1])).toEqual([2]);
  });

  test('a removed rule disappears after the grace, its late requests belong to no rule, and the totals keep them all', () => {
    const clock = { now: 0 };
    const counters = countersAt(clock);
    const gone = counters.slotFor('gone', labels('gone'));
    counters.record(gone, 200, 1, 0, 0);
    counters.retain([]);
    counters.record(gone, 200, 1, 0, 0);
    expect(rows(counters)).toHaveLength(1);
    clock.now = 100;
    counters.retain([]);
    const next = counters.slotFor('next', labels('next'));
    counters.record(gone, 200, 1, 0, 0);
    counters.record(next, 404, 1, 0, 0);
    expect(rows(counters).map((row) => [row.labels, ...row.byClass])).toEqual([
      ['namespace="",route="",rule=""', 0, 1, 0, 0, 0],
      ['namespace="shop",route="orders",rule="next"', 0, 0, 0, 1, 0],
    ]);
    expect([...counters.totals().byClass]).toEqual([0, 3, 0, 1, 0]);
  });
});
