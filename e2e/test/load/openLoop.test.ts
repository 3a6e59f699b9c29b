import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openLoop } from '../../src/load/openLoop.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test('each call is made when it is due, give or take a tick, and none is left out', async () => {
  const late: number[] = [];
  const begun = performance.now();
  const numbers: number[] = [];
  const fire = (number: number, dueAt: number): void => {
    numbers.push(number);
    late.push(performance.now() - dueAt);
    expect(dueAt - begun).toBeCloseTo(number * 40);
  };
  const done = openLoop(25, 2, fire, new AbortController().signal);
  await jest.advanceTimersByTimeAsync(3_000);
  await done;
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, number) => number));
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThanOrEqual(2);
});

test('a signal ends it', async () => {
  const end = new AbortController();
  let calls = 0;
  const done = openLoop(100, 60, () => (calls += 1), end.signal);
  await jest.advanceTimersByTimeAsync(1_000);
  end.abort();
  await done;
  await jest.advanceTimersByTimeAsync(1_000);
  expect(calls).toBeGreaterThan(90);
  expect(calls).toBeLessThan(110);
});
