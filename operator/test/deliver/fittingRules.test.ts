import { describe, expect, test } from '@jest/globals';
import { fittingRules } from '../../src/deliver/fittingRules.ts';
import { sampleRule as rule } from './sampleRule.ts';

describe('rules that fit', () => {
  const large = rule('large', {
    matches: Array.from({ length: 500 }, () => ({ path: Math.random().toString() })) as never,
  });
  const small = rule('small');

  test('are all that there are, the same objects, where no route is too large', () => {
    const rules = [small, rule('other')];
    expect(fittingRules(rules, []).rules).toBe(rules);
    expect(fittingRules([large, small], []).rules).toEqual([large, small]);
  });

  test('are those of the other routes, and what was served of one that is too large', () => {
    const before = rule('large', { matches: [] });
    const { rules, refused } = fittingRules([large, small], [before, small], 2_000);
    expect(rules).toEqual([small, before]);
    expect(refused.get('shop/large')?.message).toMatch(/Until then, it is served as of generation 1$/);
  });

  test.each([
    ['never served', []],
    ['another object of its name', [rule('large', { route: { ...large.route, uid: 'other' } })]],
    [
      'a backend that it may no longer use',
      [rule('large', { backends: [{ backend: 'far/stock:80', weight: 1 }] as never })],
    ],
    ['a host it no longer names', [rule('large', { hostnames: ['old.example.com'] })]],
    ['a listener it is no longer on', [rule('large', { listeners: ['https'] })]],
  ])('keep nothing of one that was %s', (_, served) => {
    const { rules, refused } = fittingRules([large, small], served, 2_000);
    expect(rules).toEqual([small]);
    expect(refused.get('shop/large')?.message).toMatch(/nothing of it is served$/);
  });
});
