import { backendRefs, type ObjectCase, type Refusal, ruleCase } from './objectCase.ts';

/** GatewayRoutes: the fields of each filter. */

const prefixRewrite = {
  type: 'URLRewrite',
  urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } },
};
const filterAt = 'spec.rules[0].filters[0]';

function filter(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { backendRefs, filters: [fields] }, refused);
}

function headers(what: string, modifier: object, refused?: Refusal): ObjectCase {
  return filter(what, { type: 'RequestHeaderModifier', requestHeaderModifier: modifier }, refused);
}

function cors(what: string, fields: object, refused?: Refusal): ObjectCase {
  return filter(what, { type: 'CORS', cors: { allowOrigins: ['https://shop.example.com'], ...fields } }, refused);
}

function redirectTo(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { filters: [{ type: 'RequestRedirect', requestRedirect: fields }] }, refused);
}

const paths: readonly ObjectCase[] = [
  ruleCase(
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
  ruleCase(
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
    'an Expect of its own',
    { add: [{ name: 'Expect', value: '100-continue' }] },
    {
      path: `${headerAt}.add[0].name`,
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
  ruleCase(
    'an answer that has no body, with one',
    {
      filters: [{ type: 'DirectResponse', directResponse: { statusCode: 204, body: 'a' } }],
    },
    { path: `${filterAt}.directResponse`, message: 'statusCode 204, 205 and 304 have no body' },
  ),
  ruleCase(
    'an answer that is informational',
    { filters: [{ type: 'DirectResponse', directResponse: { statusCode: 101 } }] },
    {
      path: `${filterAt}.directResponse.statusCode`,
      message: 'expected at least 200',
      server: 'should be greater than or equal to 200',
    },
  ),
];

export const filterFieldCases: readonly ObjectCase[] = [...paths, ...settings];
