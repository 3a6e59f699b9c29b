import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coversHostname, intersectHostnames } from '../../src/translate/hostnames.ts';

const labels = ['a', 'b', 'example'];
const host = fc.array(fc.constantFrom(...labels), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const pattern = fc.oneof(
  fc.constant('*'),
  host,
  host.map((name) => `*.${name}`),
);

/** Every host of up to five labels. */
const hosts = everyHost(5);

function everyHost(length: number): string[] {
  if (length === 0) return [];
  const shorter = everyHost(length - 1);
  return [...new Set([...labels, ...shorter, ...shorter.flatMap((rest) => labels.map((label) => `${label}.${rest}`))])];
}

/** Gateway API's words, label by label. */
function stands(patternText: string, name: string): boolean {
  if (patternText === '*') return true;
  const expected = patternText.split('.').reverse();
  const actual = name.split('.').reverse();
  if (expected.at(-1) !== '*') return patternText === name;
  const suffix = expected.slice(0, -1);
  return actual.length > suffix.length && suffix.every((label, position) => actual[position] === label);
}

describe('intersectHostnames', () => {
  test('stands for exactly the hosts that both the listener and the route stand for', () => {
    fc.assert(
      fc.property(pattern, fc.array(pattern, { maxLength: 4 }), (listener, route) => {
        const shared = intersectHostnames(listener, route);
        for (const name of hosts) {
          const isShared = stands(listener, name) && route.some((one) => stands(one, name));
          expect([name, shared.some((one) => stands(one, name))]).toEqual([name, isShared]);
        }
      }),
    );
  });

  test('names each pattern once', () => {
    expect(intersectHostnames('a.example', ['*', '*.example', 'a.example'])).toEqual(['a.example']);
  });

  test.each([
    ['*', ['*'], ['*']],
    ['*.example.com', ['*'], ['*.example.com']],
    ['*.example.com', ['a.b.example.com'], ['a.b.example.com']],
    ['*.example.com', ['example.com'], []],
    ['*.example.com', ['*.shop.example.com', '*.com'], ['*.shop.example.com', '*.example.com']],
    ['shop.example.com', ['*.example.org'], []],
  ])('of the listener %s and the route %j is %j', (listener, route, expected) => {
    expect(intersectHostnames(listener, route)).toEqual(expected);
  });
});

describe('coversHostname', () => {
  test('holds exactly where every host of the one is a host of the other', () => {
    fc.assert(
      fc.property(pattern, pattern, (outer, inner) => {
        const isCovered = hosts.every((name) => !stands(inner, name) || stands(outer, name));
        // A wildcard with more labels than the sample has stands for no host of it, so only its own length is decided there.
        if (inner.split('.').length <= 4) expect(coversHostname(outer, inner)).toBe(isCovered);
      }),
    );
  });
});
