import type { Endpoint } from '@evergate/contract/endpoints';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { BackendCounters } from '../../src/observe/backendCounters.ts';
import { Backend } from '../../src/upstream/backend.ts';
import { Backends } from '../../src/upstream/backends.ts';
import type { UpstreamEndpoint } from '../../src/upstream/endpoint.ts';
import { endpointOf } from '../support/gatewayUnderTest.ts';

function listed(...endpoints: readonly Endpoint[]) {
  return { id: 'app', endpoints };
}

function portsOf(endpoints: Iterable<UpstreamEndpoint>): number[] {
  return [...endpoints].map(({ port }) => port);
}

describe('a backend', () => {
  let backend: Backend;
  beforeEach(() => {
    backend = new Backend('app', 0);
    const loadBalancing = { policy: 'RoundRobin' } as const;
    backend.configure({ id: 'app', loadBalancing, connectTimeoutMs: 1_000 });
  });

  /** The ports that the next picks at `now` go to. */
  function picks(count: number, now = 10_000): (number | undefined)[] {
    return Array.from({ length: count }, () => backend.pick(now)?.port);
  }

  test('keeps the state of endpoints that stay, and forgets those that go', () => {
    backend.update(listed(endpointOf(1), endpointOf(2)));
    const [first, second] = [...backend.endpoints] as [UpstreamEndpoint, UpstreamEndpoint];
    first.inFlight = 3;
    second.health.connectFailed(5);
    backend.update(listed(endpointOf(2), endpointOf(3), endpointOf(1)));
    const after = [...backend.endpoints];
    expect(portsOf(after)).toEqual([2, 3, 1]);
    expect([after[0], after[2]]).toEqual([second, first]);
    backend.update(listed(endpointOf(3)));
    backend.update(listed(endpointOf(1)));
    expect([...backend.endpoints][0]).not.toBe(first);
  });

  test('has nothing to pick without a list, and with an empty one', () => {
    expect(picks(1)).toEqual([undefined]);
    backend.update(listed());
    expect(picks(1)).toEqual([undefined]);
    backend.update(undefined);
    expect(picks(1)).toEqual([undefined]);
  });

  test('leaves out an endpoint that could not be connected to until a connection succeeds', () => {
    backend.update(listed(endpointOf(1), endpointOf(2)));
    const [first] = [...backend.endpoints] as [UpstreamEndpoint];
    first.health.connectFailed(10_000);
    expect(picks(4, 10_999)).toEqual([2, 2, 2, 2]);
    expect(picks(4, 99_999)).toEqual([2, 2, 2, 2]);
    first.health.connected(12_000);
    expect(new Set(picks(2, 12_000))).toEqual(new Set([1, 2]));
  });

  test('goes to the address of the Service while no endpoint can be connected to', () => {
    backend.update({ ...listed(endpointOf(1), endpointOf(2)), clusterAddress: { address: '127.0.0.1', port: 9 } });
    for (const endpoint of backend.endpoints) endpoint.health.connectFailed(10_000);
    expect(picks(3, 10_500)).toEqual([9, 9, 9]);
    [...backend.endpoints][1]?.health.connected(11_000);
    expect(picks(3, 11_000)).toEqual([2, 2, 2]);
  });

  test('without such an address tries them all the same', () => {
    backend.update(listed(endpointOf(1), endpointOf(2)));
    for (const endpoint of backend.endpoints) endpoint.health.connectFailed(10_000);
    expect(picks(2, 10_500).every((port) => port === 1 || port === 2)).toBe(true);
  });

  test('avoids the endpoint that has just failed, unless it is the only one', () => {
    backend.update(listed(endpointOf(1), endpointOf(2)));
    const [first] = [...backend.endpoints] as [UpstreamEndpoint];
    for (let round = 0; round < 4; round++) expect(backend.pick(0, 0, [first])?.port).toBe(2);
    backend.update(listed(endpointOf(1)));
    expect(backend.pick(0, 0, [first])).toBe(first);
  });

  test('keeps its place in the round when its settings come again, and its connections when the policy changes', () => {
    backend.update(listed(endpointOf(1), endpointOf(2), endpointOf(3)));
    expect(picks(2)).toEqual([1, 2]);
    backend.configure({ id: 'app', loadBalancing: { policy: 'RoundRobin' }, connectTimeoutMs: 500 });
    expect(picks(1)).toEqual([3]);
    const before = [...backend.endpoints];
    backend.configure({ id: 'app', loadBalancing: { policy: 'Random' }, connectTimeoutMs: 500 });
    expect([...backend.endpoints]).toEqual(before);
  });
});

describe('all backends', () => {
  test('know endpoints that were listed before the backend was named, and forget what no table names', () => {
    const counters = new BackendCounters({ limit: 10, graceMs: 0, now: () => 0 });
    const backends = new Backends({ clock: () => 0 }, counters);
    backends.update([listed(endpointOf(1)), { id: 'other', endpoints: [endpointOf(2)] }]);
    expect(backends.size).toBe(0);
    const settings = { loadBalancing: { policy: 'Random' }, connectTimeoutMs: 1 } as const;
    backends.configure([
      { id: 'app', ...settings },
      { id: 'other', ...settings },
    ]);
    const app = backends.get('app');
    expect(portsOf(app.usable)).toEqual([1]);
    backends.configure([{ id: 'app', ...settings }]);
    expect(backends.size).toBe(1);
    expect(backends.get('app')).toBe(app);
    backends.update([listed(endpointOf(3))]);
    expect(portsOf(app.usable)).toEqual([3]);
    backends.close();
  });
});
