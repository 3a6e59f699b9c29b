import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRanges, toRanges } from '../../src/account/ranges.ts';

test('neighbours are joined, and a number that comes twice is written once', () => {
  expect(toRanges([43, 0, 1, 1, 2, 41])).toBe('0-2,41,43');
  expect(toRanges([])).toBe('');
});

test('what was written reads as the same set', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300)), (numbers) => {
      expect([...fromRanges(toRanges(numbers))]).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    }),
  );
});

test('what is no range of numbers is refused', () => {
  expect(() => fromRanges('1-2,x')).toThrow('"x" is no range of numbers');
});
