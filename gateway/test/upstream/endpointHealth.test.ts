import { defaultPassiveHealth } from '@evergate/contract/backendSettings';
import type { BackendSettings } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import { Backend } from '../../src/upstream/backend.ts';
import type { UpstreamEndpoint } from '../../src/upstream/endpoint.ts';
import { endpointOf } from '../support/gatewayUnderTest.ts';

const passiveHealth = { ...defaultPassiveHealth, failTimeoutMs: 30_000, maxFails: 3 };

interface Rig {
  readonly backend: Backend;
  readonly endpoints: readonly UpstreamEndpoint[];
  readonly clock: { now: number };
  /** The ports that so many picks go to, each once. */
  picks(count?: number): number[];
}

function rig(count: number, settings: Partial<BackendSettings> = {}, zones: readonly string[] = []): Rig {
  const clock = { now: 1_000 };
  let draw = 0;
  // Evenly spread, so that shares come out exact.
  const random = (): number => (draw++ % 100) / 100;
  const backend = new Backend('app', 0, { clock: () => clock.now, zone: 'a', random });
  const policy = 'RoundRobin' as const;
  backend.configure({ id: 'app', connectTimeoutMs: 1_000, passiveHealth, loadBalancing: { policy }, ...settings });
  const listed = Array.from({ length: count }, (_, index) => {
    const zone = zones[index];
    return endpointOf(index + 1, zone === undefined ? {} : { zone });
  });
  backend.update({ id: 'app', endpoints: listed });
  const picks = (times = 20): number[] => {
    const ports = Array.from({ length: times }, () => backend.pick(clock.now)?.port ?? 0);
    return [...new Set(ports)].sort((a, b) => a - b);
  };
  return { backend, endpoints: [...backend.endpoints], clock, picks };
}

function fail({ backend, clock }: Rig, endpoint: UpstreamEndpoint | undefined, times: number): boolean[] {
  return Array.from({ length: times }, () => backend.answered(endpoint as UpstreamEndpoint, 503, clock.now));
}

describe('failed requests', () => {
  test('take an endpoint out with the failure that is one too many within the time', () => {
    const it = rig(4);
    expect(fail(it, it.endpoints[0], 3)).toEqual([false, false, true]);
    expect(it.picks()).toEqual([2, 3, 4]);
  });

  test('take nothing out when they are too far apart', () => {
    const it = rig(4);
    for (let time = 0; time < 6; time++) {
      fail(it, it.endpoints[0], 1);
      it.clock.now += 15_001;
    }
    expect(it.picks()).toEqual([1, 2, 3, 4]);
  });

  test('count by the codes and kinds that the policy names', () => {
    const it = rig(4, { passiveHealth: { ...passiveHealth, codes: [500], on: ['Timeout'] } });
    const [first, second, third] = it.endpoints as [UpstreamEndpoint, UpstreamEndpoint, UpstreamEndpoint];
    for (let time = 0; time < 3; time++) {
      it.backend.answered(first, 503, it.clock.now);
      it.backend.failed(second, 'Reset', it.clock.now);
      it.backend.failed(third, 'Timeout', it.clock.now);
    }
    expect(it.picks()).toEqual([1, 2, 4]);
  });

  test('after failTimeout let one request go there, whose success brings it back', () => {
    const it = rig(4);
    fail(it, it.endpoints[0], 3);
    it.clock.now += 29_999;
    expect(it.picks()).toEqual([2, 3, 4]);
    it.clock.now += 1;
    const ports = Array.from({ length: 20 }, () => it.backend.pick(it.clock.now)?.port);
    expect(ports.filter((port) => port === 1)).toHaveLength(1);
    expect(it.endpoints[0]?.health.state).toBe('OnTrial');
    it.backend.answered(it.endpoints[0] as UpstreamEndpoint, 200, it.clock.now);
    expect(it.endpoints[0]?.health.state).toBe('Healthy');
    expect(it.picks()).toEqual([1, 2, 3, 4]);
  });

  test('keep it out for another failTimeout when that request fails, or never ends', () => {
    const it = rig(4);
    fail(it, it.endpoints[0], 3);
    it.clock.now += 30_000;
    it.picks();
    expect(fail(it, it.endpoints[0], 1)).toEqual([true]);
    it.clock.now += 29_999;
    expect(it.picks()).toEqual([2, 3, 4]);
    it.clock.now += 1;
    expect(it.picks()).toEqual([1, 2, 3, 4]);
    it.clock.now += 29_999;
    expect(it.picks()).toEqual([2, 3, 4]);
    it.clock.now += 1;
    expect(it.picks()).toEqual([1, 2, 3, 4]);
  });

  test.each([
    { count: 1, percent: 50, out: 0 },
    { count: 2, percent: 50, out: 1 },
    { count: 3, percent: 50, out: 1 },
    { count: 10, percent: 30, out: 3 },
    { count: 10, percent: 0, out: 0 },
  ])('never take out more than $percent % of $count endpoints', ({ count, percent, out }) => {
    const it = rig(count, { passiveHealth: { ...passiveHealth, maxEjectionPercent: percent } });
    for (const endpoint of it.endpoints) fail(it, endpoint, 5);
    expect(it.endpoints.filter(({ health }) => health.state === 'Ejected')).toHaveLength(out);
  });

  test('take nothing out with maxFails 0, and switching it off brings back what was out', () => {
    const it = rig(4);
    fail(it, it.endpoints[0], 3);
    it.backend.configure({ ...it.backend.settings, passiveHealth: { ...passiveHealth, maxFails: 0 } });
    expect(it.picks()).toEqual([1, 2, 3, 4]);
    fail(it, it.endpoints[0], 9);
    expect(it.picks()).toEqual([1, 2, 3, 4]);
  });

  test('are remembered when the table comes again, and when other endpoints come', () => {
    const it = rig(4);
    fail(it, it.endpoints[0], 3);
    it.backend.configure({ ...it.backend.settings });
    it.backend.update({ id: 'app', endpoints: [1, 2, 3, 4, 5].map((port) => endpointOf(port)) });
    expect(it.picks()).toEqual([2, 3, 4, 5]);
  });
});

describe('endpoints that cannot be connected to', () => {
  test('are left out however many they are, and count neither for ejection nor for panic', () => {
    const it = rig(4, { panicThresholdPercent: 90 });
    for (const endpoint of it.endpoints.slice(0, 3)) endpoint.health.connectFailed(it.clock.now);
    expect(it.picks()).toEqual([4]);
    expect(it.backend.selection(it.clock.now).capacity).toBe(0.25);
  });
});

describe('when few endpoints are healthy', () => {
  test('all are used below the panic threshold', () => {
    const it = rig(4, { panicThresholdPercent: 50 });
    for (const endpoint of it.endpoints.slice(0, 2)) endpoint.health.probed(false, it.clock.now);
    expect(it.picks()).toEqual([3, 4]);
    it.endpoints[2]?.health.probed(false, it.clock.now);
    expect(it.picks()).toEqual([1, 2, 3, 4]);
    it.endpoints[0]?.health.connectFailed(it.clock.now);
    expect(it.picks()).toEqual([2, 3, 4]);
  });

  test('none is used where there is no such threshold, and requests hear so', () => {
    const it = rig(2, { panicThresholdPercent: 0 });
    for (const endpoint of it.endpoints) endpoint.health.probed(false, it.clock.now);
    expect(it.backend.pick(it.clock.now)).toBeUndefined();
    expect(it.backend.capacity(it.clock.now)).toBe(0);
    it.endpoints[1]?.health.probed(true, it.clock.now);
    expect(it.picks()).toEqual([2]);
  });
});

test('in a panic an ejected endpoint is back with its first good answer after failTimeout', () => {
  const it = rig(2, { passiveHealth: { ...passiveHealth, maxEjectionPercent: 100 }, panicThresholdPercent: 100 });
  for (const endpoint of it.endpoints) fail(it, endpoint, 3);
  expect(it.picks()).toEqual([1, 2]);
  const [first] = it.endpoints as [UpstreamEndpoint];
  it.backend.answered(first, 200, it.clock.now);
  expect(first.health.state).toBe('Ejected');
  it.clock.now += 30_000;
  it.backend.answered(first, 200, it.clock.now);
  expect(first.health.state).toBe('Healthy');
});

describe('slow start', () => {
  test('gives an endpoint that comes a share that grows to its whole one', () => {
    const it = rig(3, { loadBalancing: { policy: 'RoundRobin', slowStartMs: 10_000 } });
    expect(it.picks()).toEqual([1, 2, 3]);
    it.clock.now += 60_000;
    it.backend.update({ id: 'app', endpoints: [1, 2, 3, 4].map((port) => endpointOf(port)) });
    const share = (): number =>
      Array.from({ length: 4_000 }, () => it.backend.pick(it.clock.now)?.port).filter((port) => port === 4).length /
      1_000;
    expect(share()).toBeCloseTo(0.1, 1);
    it.clock.now += 5_000;
    expect(share()).toBeCloseTo(0.5, 1);
    it.clock.now += 5_000;
    expect(share()).toBe(1);
  });

  test('begins when an endpoint is ready, not when it is listed', () => {
    const it = rig(3, { loadBalancing: { policy: 'RoundRobin', slowStartMs: 10_000 } });
    it.clock.now += 60_000;
    const known = [1, 2, 3].map((port) => endpointOf(port));
    it.backend.update({ id: 'app', endpoints: [...known, endpointOf(4, { ready: false, serving: false })] });
    it.clock.now += 60_000;
    it.backend.update({ id: 'app', endpoints: [...known, endpointOf(4)] });
    expect([...it.backend.endpoints][3]?.health.warmth(it.clock.now)).toBe(0.1);
    expect([...it.backend.endpoints][2]?.health.warmth(it.clock.now)).toBe(1);
  });

  test('holds nobody back when all are new', () => {
    const it = rig(3, { loadBalancing: { policy: 'RoundRobin', slowStartMs: 10_000 } });
    expect(it.picks(6)).toEqual([1, 2, 3]);
  });
});

describe('endpoints in the zone of the gateway', () => {
  const near = { loadBalancing: { policy: 'RoundRobin', preferSameZone: true } } as const;
  const share = (it: Rig, ports: readonly number[]): number =>
    Array.from({ length: 1_000 }, () => it.backend.pick(it.clock.now)?.port ?? 0).filter((port) => ports.includes(port))
      .length / 1_000;

  test('take all requests while they are healthy', () => {
    expect(rig(4, near, ['a', 'b', 'a', 'b']).picks()).toEqual([1, 3]);
  });

  test('let a part spill over as fewer of them are healthy, and all when none is', () => {
    const it = rig(8, near, ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']);
    it.endpoints[0]?.health.probed(false, it.clock.now);
    expect(share(it, [5, 6, 7, 8])).toBe(0);
    it.endpoints[1]?.health.probed(false, it.clock.now);
    expect(share(it, [5, 6, 7, 8])).toBeCloseTo(0.3, 1);
    for (const endpoint of it.endpoints.slice(2, 4)) endpoint.health.connectFailed(it.clock.now);
    expect(share(it, [5, 6, 7, 8])).toBe(1);
  });

  test('are passed over while they are far busier than others', () => {
    const it = rig(2, near, ['a', 'b']);
    const [first, second] = it.endpoints as [UpstreamEndpoint, UpstreamEndpoint];
    first.inFlight = 15;
    second.inFlight = 5;
    expect(it.picks()).toEqual([2]);
    second.inFlight = 8;
    expect(it.picks()).toEqual([1]);
  });

  test('make no difference where there is none, or where nobody asks for it', () => {
    expect(rig(2, near, ['b', 'c']).picks()).toEqual([1, 2]);
    expect(rig(2, {}, ['a', 'b']).picks()).toEqual([1, 2]);
  });
});
