import { backendRefs, type ObjectCase, type Refusal, ruleCase } from './objectCase.ts';

/** GatewayRoutes: the matches of a rule. */

function rule(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { backendRefs, ...fields }, refused);
}

function path(what: string, value: object, refused?: Refusal): ObjectCase {
  return rule(what, { matches: [{ path: value }] }, refused);
}

const pathAt = 'spec.rules[0].matches[0].path';
const notAPath = { path: pathAt, message: 'must be a path that begins with /' };
const notNormal = { path: pathAt, message: 'must be a path in normal form' };

export const matchCases: readonly ObjectCase[] = [
  path('a prefix with a slash at its end', { value: '/api/' }),
  path('an exact path with escapes and dots in names', { type: 'Exact', value: '/a%20b/.well-known/a..b/...' }),
  path('an expression that is no path', { type: 'RegularExpression', value: '.*//[.][.]' }),
  path('a relative path', { value: 'api' }, notAPath),
  path('a path with a query', { type: 'Exact', value: '/api?a=b' }, notAPath),
  path('a path with a space', { value: '/a b' }, notAPath),
  path('a path with a broken escape', { value: '/a%2' }, notAPath),
  path('a path with two slashes', { value: '/a//b' }, notNormal),
  path('a path with a parent segment', { type: 'Exact', value: '/a/../b' }, notNormal),
  path('a path that ends in a dot segment', { value: '/a/.' }, notNormal),
  path('a path with a parent segment that has a parameter', { value: '/a/..;b/c' }, notNormal),
  path('a path with an escaped slash', { value: '/a%2fb' }, notNormal),
  path('a path with an escaped line break', { value: '/a%0ab' }, notNormal),
  path(
    'an unknown type of path',
    { type: 'Prefix', value: '/' },
    {
      path: `${pathAt}.type`,
      message: 'expected one of "Exact", "PathPrefix", "RegularExpression"',
      server: 'Unsupported value: "Prefix"',
    },
  ),
  rule(
    'no match',
    { matches: [] },
    {
      path: 'spec.rules[0].matches',
      message: 'expected at least 1 entries',
      server: 'at least 1 items',
    },
  ),
  rule(
    'a method in lower case',
    { matches: [{ method: 'get' }] },
    {
      path: 'spec.rules[0].matches[0].method',
      message: 'found "get"; expected one of "GET"',
      server: 'Unsupported value: "get"',
    },
  ),
  rule(
    'one header matched twice',
    {
      matches: [
        {
          headers: [
            { name: 'a', value: 'b' },
            { name: 'a', value: 'c' },
          ],
        },
      ],
    },
    {
      path: 'spec.rules[0].matches[0].headers[1]',
      message: 'an earlier entry of the list has the same',
      server: 'spec.rules[0].matches[0].headers[1]: Duplicate value',
    },
  ),
  rule(
    'a header name with a space',
    { matches: [{ headers: [{ name: 'a b', value: 'c' }] }] },
    {
      path: 'spec.rules[0].matches[0].headers[0].name',
      message: 'expected the name of a header field',
      server: 'in body should match',
    },
  ),
  rule(
    'a query parameter without a value',
    { matches: [{ queryParams: [{ name: 'a' }] }] },
    {
      path: 'spec.rules[0].matches[0].queryParams[0].value',
      message: 'is required; expected text',
      server: 'spec.rules[0].matches[0].queryParams[0].value: Required value',
    },
  ),
];
