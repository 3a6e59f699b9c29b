import { backendRefs, caseOf, type ObjectCase, objectOf, type Refusal, ruleCase } from './objectCase.ts';

/** GatewayRoutes: the spec, and how a rule is attached, limited and sent on. */

function route(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayRoute', { rules: [{ backendRefs }], ...spec }), refused);
}

function rule(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { backendRefs, ...fields }, refused);
}

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
      path: 'spec.rules[1].name',
      message: 'expected another name than that of spec.rules[0]',
      server: 'spec.rules: Invalid value: names of rules must differ',
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

export const routeCases: readonly ObjectCase[] = [...attachment, ...sending];
