import { describe, expect, test } from '@jest/globals';
import { median, spread } from '../../src/report/statistics.ts';

describe('the median', () => {
  test.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });
});

test('a spread is the median and the minimum, and of nothing neither', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, minimum: 1 });
  expect(spread([])).toEqual({ median: Number.NaN, minimum: Number.NaN });
});
