import { normalisePath } from '@evergate/contract/normalisePath';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

/** Pieces that make normalisation work: dots, slashes and escapes, whole and broken. */
const piece = fc.constantFrom(
  ...['/', '/', '//', '.', '..', '%2e', '%2E', '%2e%2e', '/./', '/../', ';', 'a', 'B', '~', '%41', '%7e'],
  ...[
    '%2f',
    '%5C',
    '%00',
    '%7f',
    '%',
    '%2',
    '%zz',
    '%25',
    '%252e',
    '%20',
    '%c3%a9',
    '\\',
    ' ',
    'é',
    '?',
    '#',
    ':',
    '@',
  ],
);
const anyPath = fc.array(piece, { maxLength: 24 }).map((pieces) => `/${pieces.join('')}`);

describe('a path that is normal', () => {
  test.each([
    '/',
    '/a',
    '/a/',
    '/a/b.c',
    '/a..b/c.',
    '/%20',
    '/%C3%A9',
    '/%252e',
    '/a:b@c;d=e',
    "/!$&'()*+,=~",
    '/...',
  ])('is kept: %s', (path) => {
    expect(normalisePath(path)).toBe(path);
  });
});

describe('a path with one meaning', () => {
  test.each([
    ['/%41%7a%30%2D%5f%7E', '/Az0-_~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%3f%23%3B', '/%3F%23%3B'],
    ['//', '/'],
    ['/a//b///c//', '/a/b/c/'],
    ['/.', '/'],
    ['/./a', '/a'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/a/b/../c', '/a/c'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/.%2E/b', '/b'],
    ['/a/%2e/b', '/a/b'],
    ['/a//../b', '/b'],
    ['/.well-known/x', '/.well-known/x'],
    ['/..a/...', '/..a/...'],
  ])('%s becomes %s', (path, normal) => {
    expect(normalisePath(path)).toBe(normal);
  });
});

describe('a path without one safe meaning', () => {
  test.each([
    ['nothing', ''],
    ['no leading slash', 'a/b'],
    ['an asterisk', '*'],
    ['an escaped slash', '/a%2fb'],
    ['an escaped slash in upper case', '/a%2Fb'],
    ['an escaped backslash', '/a%5cb'],
    ['a backslash', '/a\\b'],
    ['an escape cut off', '/a%2'],
    ['an escape that is no number', '/a%zz'],
    ['a lone percent sign', '/100%'],
    ['an escaped NUL', '/a%00'],
    ['an escaped line feed', '/a%0a'],
    ['an escaped unit separator', '/a%1F'],
    ['an escaped delete', '/a%7f'],
    ['a line feed', '/a\n'],
    ['a delete', '/a\u007f'],
    ['a space', '/a b'],
    ['a letter outside ASCII', '/é'],
    ['a query', '/a?b'],
    ['a fragment', '/a#b'],
    ['the parent of the root', '/..'],
    ['an escaped parent of the root', '/%2e%2e/a'],
    ['a climb above the root', '/a/../../b'],
    ['a parent behind a path parameter', '/a/..;/b'],
    ['an escaped parent behind a path parameter', '/a/%2e%2e;x=1/b'],
  ])('is refused: %s', (_, path) => {
    expect(normalisePath(path)).toBeUndefined();
  });
});

test('normalising twice changes nothing', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const once = normalisePath(path);
      if (once !== undefined) expect(normalisePath(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

test('what comes out is printable ASCII without dot segments, empty segments or escapes that need no escaping', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = normalisePath(path);
      if (normal === undefined) return;
      expect(normal).toMatch(/^\/[!-~]*$/);
      expect(normal).not.toMatch(/\/\/|\/\.{1,2}(?:\/|$)|[\\?#]/);
      expect(normal).not.toMatch(/%(?![2-9A-F][0-9A-F])|%(?:2[DEF]|3\d|4[1-9A-F]|5[0-9AF]|5C|6[1-9A-F]|7[0-9AEF])/);
    }),
    { numRuns: 2000 },
  );
});

/** One character for each byte: escapes need not spell UTF-8. */
function bytesOf(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

test('a path agrees with the URL standard where both know what it means', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = normalisePath(path);
      if (normal === undefined) return;
      const merged = path.replace(/%2e/gi, '.').replace(/\/+/g, '/');
      expect(bytesOf(normal)).toBe(bytesOf(new URL(`http://host${merged}`).pathname));
    }),
    { numRuns: 2000 },
  );
});
