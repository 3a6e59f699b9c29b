import { expect, test } from '@jest/globals';
import { fairShares } from '../../src/cluster/autoscaler.ts';

test('a fair share is what each gateway would have answered if all had answered the same', () => {
  const before = new Map([
    ['a', 100],
    ['b', 0],
    ['leaves', 50],
  ]);
  const after = new Map([
    ['a', 130],
    ['b', 10],
    ['comes', 900],
  ]);
  expect([...fairShares(before, after)]).toEqual([
    ['a', 1.5],
    ['b', 0.5],
  ]);
});
