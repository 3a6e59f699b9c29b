import { describe, expect, test } from '@jest/globals';
import { networkOf } from '../../src/policy/limitKey.ts';
import { to } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import { apiKeyMethod, limitOf, secretsOf, startRig } from './policyRig.ts';

describe('a rate limit', () => {
  test('tells what is left, and answers 429 with the time to wait when nothing is', async () => {
    await using rig = await startRig({ rules: [to('app', { rateLimits: [limitOf()] })] });
    const first = await rig.get();
    expect(first.status).toBe(200);
    expect(field(first, 'ratelimit-policy')).toBe('"default";q=2;w=60');
    expect(field(first, 'ratelimit')).toBe('"default";r=1;t=60');
    await rig.get();
    const refused = await rig.get();
    expect(refused.status).toBe(429);
    expect(field(refused, 'ratelimit')).toMatch(/^"default";r=0;t=(60|61)$/);
    expect(Number(field(refused, 'retry-after'))).toBeGreaterThan(58);
    expect(JSON.parse(refused.body)).toMatchObject({ reason: 'RateLimited' });
    expect(rig.app.requests).toHaveLength(2);
    expect((await rig.gateway.settled())['limit']).toBe('default');
  });

  test('counts each value of a header by itself, and all requests without it together', async () => {
    const limit = limitOf({ key: { type: 'Header', name: 'x-tenant' }, requests: 1 });
    await using rig = await startRig({ rules: [to('app', { rateLimits: [limit] })] });
    const statuses = [];
    for (const fields of ['X-Tenant: a\r\n', 'X-Tenant: b\r\n', 'x-tenant: a\r\n', '', '']) {
      statuses.push((await rig.get('/', fields)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });

  test('by address believes only the hops that are trusted', async () => {
    const rules = [to('app', { rateLimits: [limitOf({ requests: 1 })] })];
    await using untrusting = await startRig({ rules });
    await untrusting.get('/', 'X-Forwarded-For: 10.0.0.1\r\n');
    expect((await untrusting.get('/', 'X-Forwarded-For: 10.0.0.2\r\n')).status).toBe(429);
    await using trusting = await startRig({ rules, traffic: { clientAddress: { trustedHops: 1, trustedCIDRs: [] } } });
    await trusting.get('/', 'X-Forwarded-For: 10.0.0.1\r\n');
    expect((await trusting.get('/', 'X-Forwarded-For: 10.0.0.2\r\n')).status).toBe(200);
    expect((await trusting.get('/', 'X-Forwarded-For: 10.0.0.1\r\n')).status).toBe(429);
  });

  test('by claim counts by who was authenticated, and before that those who were not', async () => {
    const byKey = limitOf({ key: { type: 'Claim', name: 'sub' }, requests: 1 });
    const byAddress = limitOf({ id: 'wide', name: 'wide', requests: 4 });
    const rule = to('app', { rateLimits: [byKey, byAddress], auth: { anyOf: [apiKeyMethod()] } });
    await using rig = await startRig({ rules: [rule], secrets: secretsOf({ ada: 'key-a', bob: 'key-b' }) });
    const statuses = [];
    for (const key of ['key-a', 'key-a', 'key-b', 'guess', 'guess']) {
      statuses.push((await rig.get('/', `X-Api-Key: ${key}\r\n`)).status);
    }
    expect(statuses).toEqual([200, 429, 200, 401, 429]);
  });

  test('in a dry run refuses nothing, is not told to clients, and stands in the log', async () => {
    const rule = to('app', { rateLimits: [limitOf({ requests: 1, dryRun: true })] });
    await using rig = await startRig({ rules: [rule] });
    await rig.get();
    const second = await rig.get();
    expect(second.status).toBe(200);
    expect(field(second, 'ratelimit')).toBeUndefined();
    expect((await rig.gateway.settled())['limit']).toBe('default (dry run)');
    expect(rig.gateway.auth.counters.limits.WouldRefuse).toBe(1);
  });

  test('without Redis gives each gateway its share', async () => {
    const rules = [to('app', { rateLimits: [limitOf({ requests: 6 })] })];
    await using rig = await startRig({ rules, gateways: 3 });
    const statuses = [(await rig.get()).status, (await rig.get()).status, (await rig.get()).status];
    expect(statuses).toEqual([200, 200, 429]);
  });

  test.each([
    ['Local', [200, 200, 429]],
    ['Allow', [200, 200, 200]],
    ['Deny', [503, 503, 503]],
  ] as const)('with onFailure %s does as it says while Redis is down', async (onFailure, expected) => {
    const redis = {
      mode: 'Standalone',
      endpoints: [{ host: '127.0.0.1', port: 1 }],
      database: 0,
      commandTimeoutMs: 50,
      readiness: 'Optional',
    } as const;
    const rules = [to('app', { rateLimits: [limitOf({ onFailure })] })];
    await using rig = await startRig({ rules, settings: { redis } });
    expect([(await rig.get()).status, (await rig.get()).status, (await rig.get()).status]).toEqual(expected);
    expect(rig.gateway.policyErrors).toEqual([]);
  });

  test('that a fleet enforces holds over all routes together, but for those that are exempt', async () => {
    const rules = ['/a', '/b', '/health'].map((value) =>
      to('app', { matches: [{ path: { type: 'PathPrefix', value }, headers: [], queryParams: [] }] }),
    );
    const exempt = [{ hostname: '*.example.com', pathPrefix: '/health' }];
    const enforced = { rateLimits: [limitOf({ id: 'fleet/default' })], exempt };
    await using rig = await startRig({ rules, settings: { enforced } });
    const statuses = [];
    for (const path of ['/a', '/b', '/a', '/b/c', '/health', '/health/x', '/healthy']) {
      statuses.push((await rig.get(path)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 200, 200, 404]);
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:DB8:0:0:ffff:1:2:3', '2001:db8:0:0'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('the address %s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
