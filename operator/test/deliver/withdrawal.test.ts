import { describe, expect, test } from '@jest/globals';
import { revokes, withdraws } from '../../src/deliver/withdrawal.ts';
import { sampleRule as rule } from './sampleRule.ts';

describe('a withdrawal', () => {
  const one = rule('one');
  test.each([
    ['a rule', [], true],
    ['a host', [rule('one', { hostnames: [] })], true],
    ['a host for another', [rule('one', { hostnames: ['b.example.com'] })], true],
    ['a listener', [rule('one', { listeners: [] })], true],
    ['a match', [rule('one', { matches: one.matches.slice(1) })], true],
    ['a permission', [rule('one', { backends: [{ ...one.backends[0], backend: null }] as never })], true],
    ['a backend', [rule('one', { backends: [] })], true],
    ['nothing', [one, rule('two')], false],
    ['nothing: one match for another', [rule('one', { matches: [one.matches[0], { path: '/c' }] as never })], false],
    [
      'nothing: one backend for another',
      [rule('one', { backends: [{ ...one.backends[0], backend: 'shop/carts:80' }] as never })],
      false,
    ],
    ['nothing: more of all', [rule('one', { hostnames: ['a.example.com', 'b.example.com'] })], false],
  ])('takes away %s', (_, next, expected) => {
    expect(withdraws([one], next)).toBe(expected);
  });
});

test.each([
  ['an entry', [], true],
  ['a key', [{ id: 'a', type: 'APIKey', data: { one: '1' } }], true],
  ['a password for another', [{ id: 'a', type: 'APIKey', data: { one: '1', two: '3' } }], true],
  ['nothing', [{ id: 'a', type: 'APIKey', data: { one: '1', two: '2', three: '3' } }], false],
] as const)('a change of secrets revokes %s', (_, next, expected) => {
  expect(revokes([{ id: 'a', type: 'APIKey', data: { one: '1', two: '2' } }], next)).toBe(expected);
});
