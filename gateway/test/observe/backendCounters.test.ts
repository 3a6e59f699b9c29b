import { describe, expect, test } from '@jest/globals';
import { BackendCounters } from '../../src/observe/backendCounters.ts';

function rows(counters: BackendCounters) {
  return Array.from({ length: counters.size }, (_, index) => counters.row(index)).filter((row) => row !== undefined);
}

describe('the counters of backends', () => {
  test('attempts, failures, those in flight and the ready endpoints are counted', () => {
    const counters = new BackendCounters({ limit: 10, graceMs: 0, now: () => 0 });
    const slot = counters.slotFor('shop/orders:80');
    counters.setEndpointsReady(slot, 3);
    counters.started(slot);
    counters.started(slot);
    counters.started(slot);
    counters.ended(slot, true);
    counters.ended(slot, false);
    expect(rows(counters)).toEqual([
      { labels: 'backend="shop/orders:80"', requests: 3, failures: 1, inFlight: 1, endpointsReady: 3 },
    ]);
  });

  test('an attempt that outlives its backend leaves no gauge behind', () => {
    const clock = { now: 0 };
    const counters = new BackendCounters({ limit: 10, graceMs: 100, now: () => clock.now });
    const gone = counters.slotFor('shop/gone:80');
    counters.started(gone);
    counters.retain([]);
    clock.now = 100;
    counters.retain([]);
    counters.slotFor('shop/next:80');
    counters.ended(gone, true);
    counters.setEndpointsReady(gone, 7);
    expect(rows(counters)).toEqual([
      { labels: 'backend="shop/next:80"', requests: 0, failures: 0, inFlight: 0, endpointsReady: 0 },
    ]);
  });
});
