import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../src/deliver/canonicalJson.ts';
import { reused } from '../../src/deliver/reused.ts';

const element = fc.record({ id: fc.constantFrom('a', 'b', 'c'), value: fc.jsonValue() });

test('what says the same as before is the very object of before; all else is as it came (property)', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(element, { selector: ({ id }) => id }),
      fc.array(element, { maxLength: 3 }),
      (before, next) => {
        const found = reused(next, before);
        expect(found.map(canonicalJson)).toEqual(next.map(canonicalJson));
        for (const [i, one] of found.entries()) {
          const namesake = before.find(({ id }) => id === one.id);
          const isSame = namesake !== undefined && canonicalJson(namesake) === canonicalJson(next[i]);
          expect(one).toBe(isSame && found[i] === namesake ? namesake : next[i]);
        }
      },
    ),
  );
});

test('a copy of an object is replaced by it', () => {
  const before = [{ id: 'a', hosts: ['x'], limits: {} }];
  expect(reused(structuredClone(before), before)[0]).toBe(before[0]);
  expect(reused([{ id: 'a', hosts: ['y'], limits: {} }], before)[0]).not.toBe(before[0]);
});

test('a list that says the same in the same order is the very list of before', () => {
  const before = [{ id: 'a' }, { id: 'b' }];
  expect(reused(structuredClone(before), before)).toBe(before);
  expect(reused([{ id: 'b' }, { id: 'a' }], before)).not.toBe(before);
});
