import { type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

/** GatewayRoutes: the filters of a rule. */

const backendRefs = [{ name: 'orders', port: 80 }];
const redirect = { type: 'RequestRedirect', requestRedirect: { scheme: 'https' } };
const prefixRewrite = {
  type: 'URLRewrite',
  urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } },
};
const hostRewrite = { type: 'URLRewrite', urlRewrite: { hostname: 'orders.example.com' } };
const answer = { type: 'DirectResponse', directResponse: { statusCode: 200, body: 'ok' } };
const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 }, percent: 5 } };

function rule(what: string, fields: object, refused?: Refusal): ObjectCase {
  const object = objectOf('GatewayRoute', { rules: [fields] });
  return refused === undefined ? { what, object } : { what, object, refused };
}

function filter(what: string, fields: object, refused?: Refusal): ObjectCase {
  return rule(what, { backendRefs, filters: [fields] }, refused);
}

function headers(what: string, modifier: object, refused?: Refusal): ObjectCase {
  return filter(what, { type: 'RequestHeaderModifier', requestHeaderModifier: modifier }, refused);
}

function cors(what: string, fields: object, refused?: Refusal): ObjectCase {
  return filter(what, { type: 'CORS', cors: { allowOrigins: ['https://shop.example.com'], ...fields } }, refused);
}

function redirectTo(what: string, fields: object, refused?: Refusal): ObjectCase {
  return rule(what, { filters: [{ type: 'RequestRedirect', requestRedirect: fields }] }, refused);
}

const filterAt = 'spec.rules[0].filters[0]';

const together: readonly ObjectCase[] = [
  rule('every filter that goes with a backend', {
    backendRefs,
    filters: [
      {
        type: 'RequestHeaderModifier',
        requestHeaderModifier: { set: [{ name: 'X-A', value: 'b c' }], remove: ['X-B'] },
      },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'X-A', value: '1' }] } },
      prefixRewrite,
      mirror,
      mirror,
      {
        type: 'CORS',
        cors: { allowOrigins: ['https://*.example.com', 'http://localhost:3000'], allowMethods: ['PUT'] },
      },
    ],
  }),
  rule('a redirect', { filters: [redirect] }),
  rule('an answer', { filters: [answer] }),
  rule(
    'a redirect beside a backend',
    { backendRefs, filters: [redirect] },
    {
      path: 'spec.rules[0]',
      message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
    },
  ),
  rule(
    'an answer beside a backend',
    { backendRefs, filters: [answer] },
    {
      path: 'spec.rules[0]',
      message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
    },
  ),
  rule(
    'a redirect and an answer',
    { filters: [redirect, answer] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have only one filter of type URLRewrite or RequestRedirect or DirectResponse',
    },
  ),
  rule(
    'a redirect and a rewrite',
    { filters: [redirect, hostRewrite] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have only one filter of type URLRewrite or RequestRedirect or DirectResponse',
    },
  ),
  rule(
    'two rewrites',
    { backendRefs, filters: [hostRewrite, prefixRewrite] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have only one filter of type URLRewrite or RequestRedirect or DirectResponse',
    },
  ),
  filter(
    'a filter without its field',
    { type: 'URLRewrite' },
    {
      path: `${filterAt}.urlRewrite`,
      message: 'is required; expected an object',
      server: 'urlRewrite is required when type is URLRewrite, and must not be set otherwise',
    },
  ),
  filter(
    "a filter with another one's field",
    { ...hostRewrite, cors: { allowOrigins: ['*'] } },
    {
      path: `${filterAt}.cors`,
      message: 'unknown field; expected one of type, urlRewrite',
      server: 'cors is required when type is CORS, and must not be set otherwise',
    },
  ),
  filter(
    'an unknown filter',
    { type: 'ExtensionRef' },
    {
      path: `${filterAt}.type`,
      message: 'found "ExtensionRef"; expected one of "RequestHeaderModifier"',
      server: 'Unsupported value: "ExtensionRef"',
    },
  ),
  filter(
    'a filter without a type',
    { cors: { allowOrigins: ['*'] } },
    {
      path: `${filterAt}.type`,
      message: 'is required; expected one of "RequestHeaderModifier"',
      server: `${filterAt}.type: Required value`,
    },
  ),
];

const paths: readonly ObjectCase[] = [
  rule(
    'a prefix replaced where a match is exact',
    {
      backendRefs,
      matches: [{ path: { value: '/a' } }, { path: { type: 'Exact', value: '/c' } }],
      filters: [prefixRewrite],
    },
    {
      path: 'spec.rules[0]',
      message: 'ReplacePrefixMatch needs every match of the rule to have a path of type PathPrefix',
    },
  ),
  redirectTo('a redirect that replaces the prefix', { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '' } }),
  rule(
    'a redirect that replaces the prefix of an expression',
    {
      matches: [{ path: { type: 'RegularExpression', value: '/a.*' } }],
      filters: [
        { type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
      ],
    },
    {
      path: 'spec.rules[0]',
      message: 'ReplacePrefixMatch needs every match of the rule to have a path of type PathPrefix',
    },
  ),
  redirectTo(
    'a path modifier without its field',
    { path: { type: 'ReplaceFullPath' } },
    {
      path: `${filterAt}.requestRedirect.path.replaceFullPath`,
      message: 'is required; expected text',
      server: 'replaceFullPath is required when type is ReplaceFullPath, and must not be set otherwise',
    },
  ),
  redirectTo(
    'a new path that is relative',
    { path: { type: 'ReplaceFullPath', replaceFullPath: 'a' } },
    {
      path: `${filterAt}.requestRedirect.path.replaceFullPath`,
      message: 'expected a path that begins with /',
      server: 'in body should match',
    },
  ),
  redirectTo(
    'a redirect with a status that is none',
    { statusCode: 404 },
    {
      path: `${filterAt}.requestRedirect.statusCode`,
      message: 'found 404; expected one of 301, 302, 303, 307, 308',
      server: 'Unsupported value: 404',
    },
  ),
  redirectTo(
    'a redirect to a wildcard',
    { hostname: '*.example.com' },
    {
      path: `${filterAt}.requestRedirect.hostname`,
      message: 'or a wildcard',
      server: 'in body should match',
    },
  ),
  filter(
    'a rewrite of nothing',
    { type: 'URLRewrite', urlRewrite: {} },
    {
      path: `${filterAt}.urlRewrite`,
      message: 'must have hostname, path or both',
    },
  ),
];

const headerAt = `${filterAt}.requestHeaderModifier`;
const settings: readonly ObjectCase[] = [
  headers(
    'a modifier of nothing',
    {},
    { path: headerAt, message: 'must have at least one header under set, add or remove' },
  ),
  headers(
    'the same header set twice',
    {
      set: [
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ],
    },
    {
      path: `${headerAt}.set[1]`,
      message: 'an earlier entry of the list has the same',
      server: `${headerAt}.set[1]: Duplicate value`,
    },
  ),
  headers(
    'a header value with a line break',
    { set: [{ name: 'a', value: 'b\r\nc: d' }] },
    {
      path: `${headerAt}.set[0].value`,
      message: 'expected a header value of printable ASCII characters',
      server: 'in body should match',
    },
  ),
  headers(
    'the Host header',
    { set: [{ name: 'HOST', value: 'a' }] },
    {
      path: `${headerAt}.set[0].name`,
      message: 'must be a header that routes may change',
    },
  ),
  headers(
    'a removed Transfer-Encoding',
    { remove: ['transfer-encoding'] },
    {
      path: `${headerAt}.remove[0]`,
      message: 'must be a header that routes may change',
    },
  ),
  cors('any origin with credentials', { allowOrigins: ['*'], allowCredentials: true, maxAge: 0 }),
  cors(
    'any origin beside another',
    { allowOrigins: ['*', 'https://a.example.com'] },
    {
      path: `${filterAt}.cors`,
      message: "allowOrigins: '*' must be the only entry",
    },
  ),
  cors(
    'any header beside another',
    { allowHeaders: ['*', 'X-A'] },
    {
      path: `${filterAt}.cors`,
      message: "allowHeaders: '*' must be the only entry",
    },
  ),
  cors(
    'an origin with a path',
    { allowOrigins: ['https://a.example.com/'] },
    {
      path: `${filterAt}.cors.allowOrigins[0]`,
      message: 'expected an origin such as',
      server: 'in body should match',
    },
  ),
  filter(
    'a mirror of more than everything',
    {
      type: 'RequestMirror',
      requestMirror: { backendRef: { name: 'a', port: 80 }, percent: 101 },
    },
    {
      path: `${filterAt}.requestMirror.percent`,
      message: 'expected at most 100',
      server: 'should be less than or equal to 100',
    },
  ),
  rule(
    'an answer that has no body, with one',
    {
      filters: [{ type: 'DirectResponse', directResponse: { statusCode: 204, body: 'a' } }],
    },
    { path: `${filterAt}.directResponse`, message: 'statusCode 204, 205 and 304 have no body' },
  ),
  rule(
    'an answer that is informational',
    { filters: [{ type: 'DirectResponse', directResponse: { statusCode: 101 } }] },
    {
      path: `${filterAt}.directResponse.statusCode`,
      message: 'expected at least 200',
      server: 'should be greater than or equal to 200',
    },
  ),
];

export const filterCases: readonly ObjectCase[] = [...together, ...paths, ...settings];
