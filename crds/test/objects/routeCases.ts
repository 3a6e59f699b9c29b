import { type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

/** GatewayRoutes: the spec, and how a rule is attached, matched, limited and sent on. */

const backendRefs = [{ name: 'orders', port: 80 }];

function route(what: string, spec: object, refused?: Refusal): ObjectCase {
  const object = objectOf('GatewayRoute', { rules: [{ backendRefs }], ...spec });
  return refused === undefined ? { what, object } : { what, object, refused };
}

function rule(what: string, fields: object, refused?: Refusal): ObjectCase {
  return route(what, { rules: [{ backendRefs, ...fields }] }, refused);
}

function path(what: string, value: object, refused?: Refusal): ObjectCase {
  return rule(what, { matches: [{ path: value }] }, refused);
}

const pathAt = 'spec.rules[0].matches[0].path';
const notAPath = { path: pathAt, message: 'must be a path that begins with /' };
const notNormal = { path: pathAt, message: 'must be a path in normal form' };

const attachment: readonly ObjectCase[] = [
  route('a route with the least there can be', {}),
  route('a route with everything but filters', {
    parentRefs: [{ name: 'public' }, { name: 'public', namespace: 'edge' }, { name: 'public', sectionName: 'http' }],
    hostnames: ['shop.example.com', '*.shop.example.com'],
    rules: [
      {
        name: 'api',
        matches: [
          {
            path: { type: 'RegularExpression', value: '/api/v[0-9]+/.*' },
            method: 'GET',
            headers: [
              { name: 'X-Tenant', value: 'a' },
              { type: 'RegularExpression', name: 'X-Version', value: '[12]' },
            ],
            queryParams: [{ name: 'page[size]', value: '10' }],
          },
        ],
        backendRefs: [
          { name: 'orders-v1', port: 80, weight: 90 },
          { name: 'orders-v2', namespace: 'next', port: 80, weight: 0 },
        ],
        timeouts: { request: '1m30s', backendRequest: '250ms' },
        limits: { requestBody: '10Mi' },
      },
    ],
  }),
  route(
    'no rule',
    { rules: [] },
    { path: 'spec.rules', message: 'expected at least 1 entries', server: 'at least 1 items' },
  ),
  route(
    'the same parent twice',
    { parentRefs: [{ name: 'public' }, { name: 'public' }] },
    {
      path: 'spec.parentRefs',
      message: 'entries must differ in name, namespace or sectionName',
    },
  ),
  route(
    'the same parent and namespace twice',
    {
      parentRefs: [
        { name: 'a', namespace: 'b' },
        { name: 'a', namespace: 'b' },
      ],
    },
    {
      path: 'spec.parentRefs',
      message: 'entries must differ in name, namespace or sectionName',
    },
  ),
  route(
    'the same host name twice',
    { hostnames: ['a.example.com', 'a.example.com'] },
    {
      path: 'spec.hostnames[1]',
      message: 'an earlier entry of the list is the same',
      server: 'Duplicate value',
    },
  ),
  route(
    'a host name in upper case',
    { hostnames: ['Shop.example.com'] },
    {
      path: 'spec.hostnames[0]',
      message: 'expected a host name in lower case',
      server: 'spec.hostnames[0] in body should match',
    },
  ),
  route(
    'a host name with a port',
    { hostnames: ['shop.example.com:80'] },
    {
      path: 'spec.hostnames[0]',
      message: 'without a port',
      server: 'spec.hostnames[0] in body should match',
    },
  ),
  route(
    'a wildcard inside a host name',
    { hostnames: ['shop.*.com'] },
    {
      path: 'spec.hostnames[0]',
      message: 'expected a host name',
      server: 'spec.hostnames[0] in body should match',
    },
  ),
  route(
    'a misspelt field',
    { hostName: 'a.example.com' },
    {
      path: 'spec.hostName',
      message: 'did you mean hostnames?',
      server: 'unknown field "spec.hostName"',
    },
  ),
  route(
    'two rules with one name',
    {
      rules: [
        { name: 'a', backendRefs },
        { name: 'a', backendRefs },
      ],
    },
    {
      path: 'spec.rules',
      message: 'names of rules must differ',
    },
  ),
  route('two rules without a name', { rules: [{ backendRefs }, { backendRefs }] }),
  rule(
    'a name that could be a position',
    { name: '1' },
    {
      path: 'spec.rules[0].name',
      message: 'beginning with a letter',
      server: 'spec.rules[0].name in body should match',
    },
  ),
];

const matching: readonly ObjectCase[] = [
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

const sending: readonly ObjectCase[] = [
  rule(
    'a backend without a port',
    { backendRefs: [{ name: 'orders' }] },
    {
      path: 'spec.rules[0].backendRefs[0].port',
      message: 'is required; expected a number',
      server: 'spec.rules[0].backendRefs[0].port: Required value',
    },
  ),
  rule(
    'a port as text',
    { backendRefs: [{ name: 'orders', port: '80' }] },
    {
      path: 'spec.rules[0].backendRefs[0].port',
      message: 'found "80"; expected a number',
      server: 'must be of type integer',
    },
  ),
  rule(
    'a port out of range',
    { backendRefs: [{ name: 'orders', port: 70_000 }] },
    {
      path: 'spec.rules[0].backendRefs[0].port',
      message: 'found 70000; expected at most 65535',
      server: 'should be less than or equal to 65535',
    },
  ),
  rule(
    'a negative weight',
    { backendRefs: [{ name: 'orders', port: 80, weight: -1 }] },
    {
      path: 'spec.rules[0].backendRefs[0].weight',
      message: 'found -1; expected at least 0',
      server: 'should be greater than or equal to 0',
    },
  ),
  rule(
    'no backend and no filter that answers',
    { backendRefs: [] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have backendRefs, or a RequestRedirect or DirectResponse filter that answers',
    },
  ),
  rule('one attempt as long as the whole request', { timeouts: { request: '1m', backendRequest: '60s' } }),
  rule('one attempt without a limit on the request', { timeouts: { request: '0s', backendRequest: '60s' } }),
  rule(
    'one attempt longer than the whole request',
    { timeouts: { request: '1s', backendRequest: '2s' } },
    {
      path: 'spec.rules[0].timeouts',
      message: 'backendRequest must not be longer than request',
    },
  ),
  rule(
    'a duration in days',
    { timeouts: { request: '1d' } },
    {
      path: 'spec.rules[0].timeouts.request',
      message: 'expected a duration of h, m, s and ms',
      server: 'spec.rules[0].timeouts.request in body should match',
    },
  ),
  rule(
    'a duration beyond reason',
    { timeouts: { request: '101h' } },
    {
      path: 'spec.rules[0].timeouts.request',
      message: 'must be a duration from 0s to 100h',
    },
  ),
  rule('a body limit as a number', { limits: { requestBody: 1_048_576 } }),
  rule(
    'a body limit of nothing',
    { limits: { requestBody: 0 } },
    {
      path: 'spec.rules[0].limits.requestBody',
      message: 'found 0; expected at least 1',
      server: 'should be greater than or equal to 1',
    },
  ),
  rule(
    'a body limit in a unit there is not',
    { limits: { requestBody: '10MB' } },
    {
      path: 'spec.rules[0].limits.requestBody',
      message: 'expected a number of bytes, 1 or more, such as 10Mi',
      server: 'spec.rules[0].limits.requestBody in body should match',
    },
  ),
];

export const routeCases: readonly ObjectCase[] = [...attachment, ...matching, ...sending];
