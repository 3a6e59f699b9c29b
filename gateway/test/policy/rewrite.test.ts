import type { PathEdit } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { compileFilters } from '../../src/policy/filters.ts';
import { pathOf } from '../match/rules.ts';

function rewritten(path: PathEdit, prefix: string, requested: string, query = ''): string {
  const { rewrite } = compileFilters([{ type: 'URLRewrite', path }]);
  return rewrite(pathOf('PathPrefix', prefix), requested, query) ?? requested;
}

test.each([
  ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
  ['/foo', '/foo', '/xyz', '/xyz'],
  ['/foo/', '/foo', '/xyz', '/xyz/'],
  ['/foo/bar', '/foo', '', '/bar'],
  ['/foo/', '/foo', '', '/'],
  ['/foo', '/foo', '', '/'],
  ['/foo/', '/foo', '/', '/'],
  ['/foo', '/foo', '/', '/'],
  ['/foo/bar', '/', '/xyz', '/xyz/foo/bar'],
  ['/', '/', '/xyz', '/xyz/'],
  ['/foo/bar/baz', '/foo/bar', '/', '/baz'],
  ['/foo/foo', '/foo', '/foo/foo', '/foo/foo/foo'],
  ['/foo/bar', '/foo', 'xyz', '/xyz/bar'],
  ['/foo/bar', '/foo', '//evil.example', '/evil.example/bar'],
  ['/foo/bar', '/foo', '/a?b#c é', '/a%3Fb%23c%20%C3%A9/bar'],
])('%s with the prefix %s replaced by "%s" becomes %s', (requested, prefix, value, expected) => {
  expect(rewritten({ type: 'ReplacePrefixMatch', value }, prefix, requested)).toBe(expected);
});

test('a full path replaces all but the query', () => {
  expect(rewritten({ type: 'ReplaceFullPath', value: '/new' }, '/', '/old/path')).toBe('/new');
  expect(rewritten({ type: 'ReplaceFullPath', value: '/new' }, '/', '/old', 'a=1&b')).toBe('/new?a=1&b');
});

test('the query stays behind a replaced prefix', () => {
  expect(rewritten({ type: 'ReplacePrefixMatch', value: '/b' }, '/a', '/a/x', 'q=%2F')).toBe('/b/x?q=%2F');
});

test('what does not change is not rewritten', () => {
  const { rewrite } = compileFilters([{ type: 'URLRewrite', path: { type: 'ReplaceFullPath', value: '/same' } }]);
  expect(rewrite(pathOf('PathPrefix', '/'), '/same', 'q')).toBeUndefined();
});

test('a prefix is replaced only where a prefix matched', () => {
  const filters = compileFilters([{ type: 'URLRewrite', path: { type: 'ReplacePrefixMatch', value: '/b' } }]);
  expect(filters.rewrite(pathOf('Exact', '/a'), '/a', '')).toBeUndefined();
});

test('the host name alone can be rewritten', () => {
  const filters = compileFilters([{ type: 'URLRewrite', hostname: 'inner.example.com' }]);
  expect(filters.hostname).toBe('inner.example.com');
  expect(filters.rewrite(pathOf('PathPrefix', '/'), '/a', '')).toBeUndefined();
});
