import { describe, expect, test } from '@jest/globals';
import { Counters } from '../../src/observe/counters.ts';

describe('the counters of a gateway', () => {
  test('answers by reason come from the closed set alone', () => {
    const counters = new Counters({ reasons: ['NoRoute', 'Timeout'], upstreamErrorKinds: ['Reset'], now: () => 0 });
    counters.localAnswers.add('Timeout');
    counters.localAnswers.add('Timeout');
    expect(counters.localAnswers.count('Timeout')).toBe(2);
    expect(counters.localAnswers.count('NoRoute')).toBe(0);
    expect(counters.localAnswers.reasons).toEqual(['NoRoute', 'Timeout']);
  });

  test('the table says which one it is and how long it has been served', () => {
    const clock = { now: 1_000 };
    const counters = new Counters({ reasons: [], upstreamErrorKinds: [], now: () => clock.now });
    expect(counters.table()).toBeUndefined();
    const order = { fleetUID: 'f', epoch: 1, sequence: 4182, revision: 'a'.repeat(64) };
    counters.tableServed(order);
    clock.now = 4_000;
    expect(counters.table()).toEqual({ order, ageMs: 3_000 });
    expect(counters.reloadsSucceeded).toBe(1);
  });
});
