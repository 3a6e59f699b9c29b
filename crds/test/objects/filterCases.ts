import { backendRefs, type ObjectCase, type Refusal, ruleCase } from './objectCase.ts';

/** GatewayRoutes: the filters of a rule, and which of them go together. */

const redirect = { type: 'RequestRedirect', requestRedirect: { scheme: 'https' } };
const prefixRewrite = {
  type: 'URLRewrite',
  urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } },
};
const hostRewrite = { type: 'URLRewrite', urlRewrite: { hostname: 'orders.example.com' } };
const answer = { type: 'DirectResponse', directResponse: { statusCode: 200, body: 'ok' } };
const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 }, percent: 5 } };

function filter(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { backendRefs, filters: [fields] }, refused);
}

const filterAt = 'spec.rules[0].filters[0]';

export const filterCases: readonly ObjectCase[] = [
  ruleCase('every filter that goes with a backend', {
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
  ruleCase('a redirect', { filters: [redirect] }),
  ruleCase('an answer', { filters: [answer] }),
  ruleCase(
    'a redirect beside a backend',
    { backendRefs, filters: [redirect] },
    {
      path: 'spec.rules[0]',
      message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
    },
  ),
  ruleCase(
    'an answer beside a backend',
    { backendRefs, filters: [answer] },
    {
      path: 'spec.rules[0]',
      message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
    },
  ),
  ruleCase(
    'a redirect and an answer',
    { filters: [redirect, answer] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have only one filter of type URLRewrite or RequestRedirect or DirectResponse',
    },
  ),
  ruleCase(
    'a redirect and a rewrite',
    { filters: [redirect, hostRewrite] },
    {
      path: 'spec.rules[0]',
      message: 'a rule must have only one filter of type URLRewrite or RequestRedirect or DirectResponse',
    },
  ),
  ruleCase(
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
