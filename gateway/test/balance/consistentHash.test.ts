import { describe, expect, test } from '@jest/globals';
import { ConsistentHash } from '../../src/balance/consistentHash.ts';
import { hashText } from '../../src/balance/hash.ts';
import { compileHashKey, type HashSource } from '../../src/balance/hashKey.ts';
import type { UpstreamEndpoint } from '../../src/upstream/endpoint.ts';
import { endpointsOf } from '../upstream/endpoints.ts';

const KEYS = Array.from({ length: 20_000 }, (_, index) => hashText(`user-${index}`));

function balancerOf(endpoints: readonly UpstreamEndpoint[]): ConsistentHash {
  const balancer = new ConsistentHash();
  balancer.prepare(endpoints);
  return balancer;
}

function owners(balancer: ConsistentHash, endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint[] {
  return KEYS.map((key) => balancer.pick(endpoints, key));
}

describe('a consistent hash', () => {
  test('finds the same endpoint for the same hash, on every gateway', () => {
    const [one, other] = [endpointsOf(10), endpointsOf(10)];
    const found = owners(balancerOf(one), one).map(({ address }) => address);
    expect(owners(balancerOf(other), other.toReversed()).map(({ address }) => address)).toEqual(found);
  });

  test('gives each endpoint about its share', () => {
    const endpoints = endpointsOf(10);
    const counts = new Map<UpstreamEndpoint, number>();
    for (const owner of owners(balancerOf(endpoints), endpoints)) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    for (const count of counts.values()) expect(Math.abs(count / KEYS.length - 0.1)).toBeLessThan(0.04);
    expect(counts.size).toBe(10);
  });

  test.each([
    { how: 'removed', isRemoved: true },
    { how: 'unhealthy', isRemoved: false },
  ])('moves about 1/n of the keys, and no others, when an endpoint is $how', ({ isRemoved }) => {
    const endpoints = endpointsOf(10);
    const balancer = balancerOf(endpoints);
    const before = owners(balancer, endpoints);
    const gone = endpoints[3] as UpstreamEndpoint;
    const left = endpoints.filter((endpoint) => endpoint !== gone);
    if (isRemoved) balancer.prepare(left);
    const after = owners(balancer, left);
    const moved = before.filter((owner, index) => owner !== after[index]);
    expect(moved.every((owner) => owner === gone)).toBe(true);
    process.stdout.write(
      `one of 10 endpoints ${isRemoved ? 'removed' : 'unhealthy'}: ${((moved.length * 100) / KEYS.length).toFixed(1)} % of the keys move\n`,
    );
    expect(moved.length / KEYS.length).toBeLessThan(0.14);
    // Those that moved are spread over all the others.
    expect(new Set(before.flatMap((owner, index) => (owner === gone ? [after[index]] : []))).size).toBe(9);
  });

  test('passes over an endpoint that is far busier than the others, and only then', () => {
    const endpoints = endpointsOf(5);
    const balancer = balancerOf(endpoints);
    const [key = 0] = KEYS;
    const owner = balancer.pick(endpoints, key);
    for (const endpoint of endpoints) endpoint.inFlight = 10;
    expect(balancer.pick(endpoints, key)).toBe(owner);
    owner.inFlight = 40;
    const other = balancer.pick(endpoints, key);
    expect(other).not.toBe(owner);
    expect(balancer.pick(endpoints, key)).toBe(other);
  });

  test('works with a single endpoint, and with many', () => {
    for (const count of [1, 2, 3_000]) {
      const endpoints = endpointsOf(count);
      const balancer = balancerOf(endpoints);
      expect(new Set(owners(balancer, endpoints)).size).toBeGreaterThan(count * 0.9);
    }
  });
});

describe('what is hashed', () => {
  const request: HashSource = {
    clientAddress: '10.0.0.7',
    headers: ['X-Tenant', 'acme', 'cookie', 'a=1; session=s%3D1', 'Cookie', 'session=second'],
    path: '/orders',
    query: 'user=j%C3%BCrgen&user=x',
  };
  const cases = [
    { hashOn: undefined, text: '10.0.0.7' },
    { hashOn: { type: 'ClientAddress' }, text: '10.0.0.7' },
    { hashOn: { type: 'Header', name: 'x-tenant' }, text: 'acme' },
    { hashOn: { type: 'Cookie', name: 'session' }, text: 's%3D1' },
    { hashOn: { type: 'QueryParam', name: 'user' }, text: 'jürgen' },
    { hashOn: { type: 'Path' }, text: '/orders' },
  ] as const;
  test.each(cases)('is $text for $hashOn', ({ hashOn, text }) => {
    expect(compileHashKey(hashOn)(request)).toBe(hashText(text));
  });

  test('is random where a request has nothing of the kind', () => {
    const key = compileHashKey({ type: 'Header', name: 'x-missing' }, () => 0.5);
    expect(key(request)).toBe(2 ** 31);
    expect(compileHashKey({ type: 'Cookie', name: 'none' }, () => 0)(request)).toBe(0);
  });
});
