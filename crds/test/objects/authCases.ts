import { backendRefs, caseOf, type ObjectCase, objectOf, type Refusal, ruleCase } from './objectCase.ts';

/** Limits, authentication and access, of rules and of fleets. */

function rule(what: string, fields: object, refused?: Refusal): ObjectCase {
  return ruleCase(what, { backendRefs, ...fields }, refused);
}

function auth(what: string, method: object, refused?: Refusal): ObjectCase {
  return rule(what, { auth: { anyOf: [method] } }, refused);
}

function fleet(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayFleet', spec), refused);
}

const secretRefs = [{ name: 'keys' }];
const METHOD = 'spec.rules[0].auth.anyOf[0]';

const limits: readonly ObjectCase[] = [
  rule('a limit with the least there can be', { rateLimits: [{ requests: 100 }] }),
  rule('limits with everything said', {
    rateLimits: [
      { name: 'burst', requests: 10, window: '1s', burst: 50, algorithm: 'TokenBucket', scope: 'Local', dryRun: true },
      { name: 'tenant', key: { type: 'Header', name: 'X-Tenant' }, requests: 1000, onFailure: 'Deny' },
      { name: 'user', key: { type: 'Claim', name: 'sub' }, requests: 5, algorithm: 'FixedWindow' },
      { name: 'all', key: { type: 'Route' }, requests: 1_000_000, window: '24h' },
    ],
  }),
  rule(
    'two limits of one name',
    { rateLimits: [{ requests: 1 }, { requests: 2 }] },
    { path: 'spec.rules[0].rateLimits[1]', message: 'expected another name', server: 'rateLimits[1]: Duplicate value' },
  ),
  rule(
    'a limit by a header without its name',
    { rateLimits: [{ key: { type: 'Header' }, requests: 1 }] },
    { path: 'spec.rules[0].rateLimits[0].key', message: 'name is required when type is Header, Cookie or Claim' },
  ),
  rule(
    'a limit by address with a name',
    { rateLimits: [{ key: { name: 'a' }, requests: 1 }] },
    { path: 'spec.rules[0].rateLimits[0].key', message: 'name is required when type is Header, Cookie or Claim' },
  ),
  rule(
    'a burst of a window',
    { rateLimits: [{ requests: 1, burst: 2 }] },
    { path: 'spec.rules[0].rateLimits[0]', message: 'burst needs algorithm TokenBucket' },
  ),
  rule(
    'a window of no time',
    { rateLimits: [{ requests: 1, window: '10ms' }] },
    { path: 'spec.rules[0].rateLimits[0].window', message: 'must be a duration from 1s to 24h' },
  ),
];

const methods: readonly ObjectCase[] = [
  rule('each way to say who asks, with the least there can be', {
    auth: {
      anyOf: [
        { type: 'JWT', jwt: { jwks: { type: 'Backend', backend: { backendRef: { name: 'issuer', port: 80 } } } } },
        { type: 'APIKey', apiKey: { secretRefs } },
        { type: 'Basic', basic: { secretRefs } },
        { type: 'Session', session: { from: { type: 'Cookie', name: 'sid' } } },
      ],
    },
  }),
  auth('an external service with everything said', {
    type: 'External',
    external: {
      backendRef: { name: 'auth', namespace: 'infra', port: 80 },
      path: '/check',
      timeout: '500ms',
      forwardHeaders: ['Authorization'],
      identityHeaders: ['X-User'],
      cache: { ttl: '10s', staleIfError: '1m', key: { path: false, headers: ['Authorization'] } },
      circuitBreaker: { slidingWindowSize: 20, failureRateThreshold: 25, openDuration: '5s', halfOpenCalls: 1 },
      onFailure: 'Allow',
    },
  }),
  auth('a token with everything said', {
    type: 'JWT',
    jwt: {
      from: [{ type: 'Cookie', name: 'token' }],
      issuer: 'https://issuer.example',
      audiences: ['shop'],
      algorithms: ['EdDSA'],
      clockSkew: '0s',
      jwks: { type: 'Inline', inline: '{"keys": []}' },
      identityHeaders: [{ claim: 'sub', header: 'X-User' }],
    },
  }),
  auth(
    'a token with a shared secret',
    { type: 'JWT', jwt: { algorithms: ['HS256'], jwks: { type: 'Inline', inline: '{"keys": []}' } } },
    {
      path: `${METHOD}.jwt.algorithms[0]`,
      message: 'found "HS256"; expected one of "RS256"',
      server: 'Unsupported value: "HS256"',
    },
  ),
  auth(
    'a token that anyone could make',
    { type: 'JWT', jwt: { algorithms: ['none'], jwks: { type: 'Inline', inline: '{"keys": []}' } } },
    { path: `${METHOD}.jwt.algorithms[0]`, message: 'found "none"', server: 'Unsupported value: "none"' },
  ),
  auth(
    'a header of the hop that would say who asks',
    { type: 'APIKey', apiKey: { secretRefs, identityHeader: 'X-Forwarded-For' } },
    { path: `${METHOD}.apiKey.identityHeader`, message: 'must be a header that nothing else needs' },
  ),
  auth(
    'a header with an underscore that would say who asks',
    { type: 'APIKey', apiKey: { secretRefs, identityHeader: 'x_user' } },
    {
      path: `${METHOD}.apiKey.identityHeader`,
      message: 'expected the name of a header field without underscores',
      server: 'should match',
    },
  ),
  auth(
    'a method without its settings',
    { type: 'Basic' },
    { path: `${METHOD}.basic`, message: 'is required', server: 'basic is required when type is Basic' },
  ),
  auth(
    'a prefix of a cookie',
    { type: 'Session', session: { from: { type: 'Cookie', name: 'sid', prefix: 'a' } } },
    { path: `${METHOD}.session.from`, message: 'prefix needs type Header' },
  ),
  auth(
    'sessions among what gateways keep',
    { type: 'Session', session: { from: { type: 'Cookie', name: 'sid' }, keyPrefix: 'evergate:' } },
    { path: `${METHOD}.session.keyPrefix`, message: 'must not begin with evergate' },
  ),
  auth(
    'decisions that end before they may be used',
    { type: 'External', external: { backendRef: { name: 'auth', port: 80 }, cache: { ttl: '10m' } } },
    { path: `${METHOD}.external.cache`, message: 'staleIfError must be 0s or at least as long as ttl' },
  ),
  rule(
    'no way to say who asks',
    { auth: { anyOf: [] } },
    { path: 'spec.rules[0].auth.anyOf', message: 'expected at least 1 entries', server: 'at least 1 items' },
  ),
];

const accesses: readonly ObjectCase[] = [
  rule('ranges of addresses', { access: { allow: ['10.0.0.0/8', 'fd00::/8'], deny: ['10.1.0.0/16'] } }),
  rule(
    'access without a range',
    { access: {} },
    { path: 'spec.rules[0].access', message: 'must have at least one range under allow or deny' },
  ),
  rule(
    'a range that is none',
    { access: { deny: ['10.0.0.0/33'] } },
    { path: 'spec.rules[0].access.deny[0]', message: 'must be an address range' },
  ),
];

const endpoints = [{ host: 'redis.infra', port: 6379 }];

const fleets: readonly ObjectCase[] = [
  fleet('a fleet with a Redis', { redis: { endpoints: [{ host: 'redis' }] } }),
  fleet('a fleet with Sentinels', {
    redis: {
      mode: 'Sentinel',
      endpoints: [...endpoints, { host: '10.0.0.1', port: 26_379 }],
      primaryName: 'state',
      database: 3,
      credentials: { secretRef: { name: 'redis' } },
      tls: { serverName: 'redis.example', secretRef: { name: 'ca' } },
      commandTimeout: '20ms',
      readiness: 'Required',
    },
  }),
  fleet(
    'two servers that are one',
    { redis: { endpoints: [...endpoints, { host: 'other' }] } },
    { path: 'spec.redis', message: 'mode Standalone needs exactly one of endpoints' },
  ),
  fleet(
    'Sentinels without the name of the primary',
    { redis: { mode: 'Sentinel', endpoints } },
    { path: 'spec.redis', message: 'primaryName is required when mode is Sentinel' },
  ),
  fleet(
    'a cluster with another database',
    { redis: { mode: 'Cluster', endpoints, database: 1 } },
    { path: 'spec.redis', message: 'mode Cluster needs database 0' },
  ),
  fleet('a fleet that enforces and has defaults', {
    enforced: {
      auth: { anyOf: [{ type: 'APIKey', apiKey: { secretRefs } }] },
      rateLimits: [{ requests: 100 }],
      access: { deny: ['192.0.2.0/24'] },
      exempt: [{ hostname: '*.example.com', pathPrefix: '/health' }, { hostname: 'status.example.com' }],
    },
    defaults: { route: { rateLimits: [{ requests: 10, window: '1s' }] } },
  }),
  fleet(
    'an exemption of a path that begins nowhere',
    { enforced: { exempt: [{ pathPrefix: 'health' }] } },
    {
      path: 'spec.enforced.exempt[0].pathPrefix',
      message: 'expected a path that begins with /',
      server: 'should match',
    },
  ),
];

export const authCases: readonly ObjectCase[] = [...limits, ...methods, ...accesses, ...fleets];
