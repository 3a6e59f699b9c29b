import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PodAnswer } from '../../src/deliver/acknowledgement.ts';
import { type Clock, systemClock } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import {
  backendPolicies,
  events,
  gatewayFleets,
  gatewayRoutes,
  podDisruptionBudgets,
  pods,
} from '../../src/kube/resource.ts';
import { conditionOf, messageOf, reasonOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { answer, metric, OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
  await cluster.service('orders');
});

afterEach(() => cluster.close());

/** A fleet with gateways, and a route that all of them serve. */
async function live(addresses: readonly string[], spec: object = {}): Promise<void> {
  await cluster.fleet('edge', spec);
  for (const [i, address] of addresses.entries()) await cluster.pod('edge', `edge-${i + 1}`, address);
  await cluster.route('shop', '/api', 'orders');
  await cluster.eventually(gatewayRoutes, 'shop', isLive);
}

function isLive(route: KubeObject): boolean {
  const { observedGeneration } = (route['status'] ?? {}) as { readonly observedGeneration?: number };
  return conditionOf(route, 'Programmed') === 'True' && observedGeneration === route.metadata.generation;
}

/** Keeps a gateway at what is stored now, whatever is written later. */
async function freeze(address: string): Promise<PodAnswer> {
  const frozen = await cluster.current();
  cluster.answers.set(address, () => frozen);
  return frozen;
}

function stopped(reason: RegExp): (route: KubeObject) => boolean {
  return (route) => conditionOf(route, 'Programmed') === 'False' && reason.test(messageOf(route, 'Programmed') ?? '');
}

describe('Programmed is the truth', () => {
  test('a gateway that serves an older table is named, in the route and in the fleet, until it has caught up', async () => {
    await cluster.start();
    await live(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
    await freeze('10.9.0.2');
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', stopped(/pod edge-2 serves an older table/));
    const fleet = await cluster.eventually(
      gatewayFleets,
      'edge',
      (found) => stopped(/edge-2/)(found) && replicasOf(found).onRevision === 2,
    );
    expect((fleet['status'] as { replicas: object }).replicas).toMatchObject({ ready: 3 });
    cluster.answers.delete('10.9.0.2');
    const route = await cluster.eventually(gatewayRoutes, 'shop', isLive);
    expect(conditionOf(route, 'Ready')).toBe('True');
  }, 60_000);

  test('a gateway that refuses the table is named, with what it refuses', async () => {
    await cluster.start();
    await live(['10.9.0.1', '10.9.0.2']);
    const { routes } = ((await freeze('10.9.0.2')) as Extract<PodAnswer, { outcome: 'Answered' }>).report.serves;
    const problems = [{ path: 'rules[0].matches', message: 'found a pattern that no engine here takes' }];
    cluster.answers.set('10.9.0.2', () => answer({ routes, refused: { problems } }));
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(
      gatewayRoutes,
      'shop',
      stopped(/pod edge-2 refuses it: rules\[0\].matches: found a pattern/),
    );
    await cluster.eventually(gatewayFleets, 'edge', (found) => reasonOf(found, 'Degraded') === 'GatewayRefused');
  }, 60_000);

  test('a gateway that does not answer is named, with why', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    cluster.answers.set('10.9.0.2', () => ({ outcome: 'Unreachable', why: 'ECONNREFUSED' }));
    await cluster.pod('edge', 'edge-2', '10.9.0.2');
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', stopped(/pod edge-2 does not answer: ECONNREFUSED/));
    const fleet = await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'True');
    expect(reasonOf(fleet, 'Degraded')).toBe('GatewayUnreachable');
  }, 60_000);

  test('rules that wait for their endpoints are not live yet', async () => {
    await cluster.start();
    await live(['10.9.0.1']);
    const rules = [`${cluster.namespace}/shop/all`];
    cluster.answers.set('10.9.0.1', async () => {
      const { report } = (await cluster.current()) as Extract<PodAnswer, { outcome: 'Answered' }>;
      return answer({ ...report.serves, waiting: { rules } });
    });
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', stopped(/still wait for the endpoints or secrets/));
  }, 60_000);

  test('a step of scaling rewrites no route’s status', async () => {
    await cluster.start();
    await live(['10.9.0.1']);
    const before = await cluster.get(gatewayRoutes, 'shop');
    await cluster.pod('edge', 'edge-2', '10.9.0.2');
    await cluster.pod('edge', 'edge-3', '10.9.0.3');
    await cluster.eventually(gatewayFleets, 'edge', (found) => replicasOf(found).onRevision === 3);
    await cluster.delete(pods, 'edge-1');
    await cluster.eventually(gatewayFleets, 'edge', (found) => replicasOf(found).onRevision === 2);
    const after = await cluster.get(gatewayRoutes, 'shop');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  }, 60_000);

  test('a gateway that is leaving counts until everyone has heard of it, and no longer', async () => {
    await cluster.start();
    await cluster.fleet('edge', { shutdown: { propagationDelay: '2s' } });
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.pod('edge', 'edge-2', '10.9.0.2', { nodeName: 'node-1', terminationGracePeriodSeconds: 600 });
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    await freeze('10.9.0.2');
    await cluster.delete(pods, 'edge-2');
    expect((await cluster.get(pods, 'edge-2')).metadata.deletionTimestamp).toBeDefined();
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', stopped(/pod edge-2 serves an older table/));
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
  }, 60_000);

  test('without a gateway, nothing is programmed, and a restart of the operator says nothing else meanwhile', async () => {
    const first = await cluster.start();
    await live(['10.9.0.1']);
    await cluster.stop(first);
    const versions = await cluster.versionsOf(gatewayRoutes, 'shop');
    await cluster.start({ identity: 'second' });
    await cluster.route('cart', '/cart', 'orders');
    await cluster.eventually(gatewayRoutes, 'cart', isLive);
    await versions.end();
    expect(versions.seen.map((seen) => conditionOf(seen, 'Programmed'))).toEqual(['True']);
    await cluster.delete(pods, 'edge-1');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'Programmed') === 'NoGatewayReady');
  }, 60_000);

  test('documents that a gateway could not read are not written, and it is named', async () => {
    await cluster.start();
    await live(['10.9.0.1']);
    const { report } = (await cluster.current()) as Extract<PodAnswer, { outcome: 'Answered' }>;
    cluster.answers.set('10.9.0.2', () => ({ outcome: 'Answered', report: { ...report, reads: [7] } }));
    await cluster.pod('edge', 'edge-2', '10.9.0.2');
    await cluster.eventually(gatewayFleets, 'edge', (found) =>
      /edge-2 reads documents of version 7/.test(messageOf(found, 'Degraded') ?? ''),
    );
    const before = await cluster.index('routes');
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Stalled') === 'True');
    expect((await cluster.index('routes'))?.['sequence']).toBe(before?.['sequence']);
    await cluster.delete(pods, 'edge-2');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
  }, 60_000);
});

function replicasOf(fleet: KubeObject): { readonly onRevision?: number } {
  return ((fleet['status'] ?? {}) as { readonly replicas?: { readonly onRevision?: number } }).replicas ?? {};
}

describe('delivery by mounts', () => {
  test('each pod is told of each table, so that its kubelet brings it', async () => {
    await cluster.start();
    await live(['10.9.0.1', '10.9.0.2'], { delivery: 'Mount' });
    await everyPodIsTold();
    const was = told((await cluster.get(pods, 'edge-1')).metadata);
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(pods, 'edge-1', ({ metadata }) => told(metadata) !== was);
    await everyPodIsTold();
    await cluster.pod('edge', 'edge-3', '10.9.0.3');
    await everyPodIsTold();
  }, 60_000);

  test('pods that watch are left alone', async () => {
    await cluster.start();
    await live(['10.9.0.1']);
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    expect(told((await cluster.get(pods, 'edge-1')).metadata)).toBeUndefined();
  }, 60_000);

  async function everyPodIsTold(): Promise<void> {
    await eventually('every pod bears what is stored', async () => {
      const [routes, endpoints] = await Promise.all([cluster.index('routes'), cluster.index('endpoints')]);
      const wanted = `${routes?.['epoch']}.${routes?.['sequence']}.${endpoints?.['sequence']}.1`;
      return (await cluster.list(pods)).every(({ metadata }) => told(metadata) === wanted);
    });
  }

  function told({ annotations }: Pick<KubeObject['metadata'], 'annotations'>): string | undefined {
    return annotations?.['evergate.dev/documents'];
  }
});

describe('a gateway that is stuck on an older table', () => {
  /** Time that the test can move on; timers run as they do. */
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const lease = { leaseMs: 7_200_000, renewDeadlineMs: 3_600_000, retryMs: 200 };

  test('is evicted after a minute, alone, and only when the budget allows it', async () => {
    const operator = await cluster.start({ clock, lease });
    await live(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
    await freeze('10.9.0.2');
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', stopped(/edge-2/));
    aheadMs += 40_000;
    await cluster.route('shop', '/v3', 'orders');
    await cluster.eventually(gatewayFleets, 'edge', (found) => replicasOf(found).onRevision === 2);
    expect(await metric(operator, 'evergate_operator_gateway_evictions_total')).toBe(0);

    // Without a controller manager nobody has computed the budget, so it forbids.
    aheadMs += 21_000;
    await eventually('the budget is asked', async () => (await evictions(operator, 'Forbidden')) > 0);
    expect((await cluster.list(pods)).map(({ metadata }) => metadata.name)).toEqual(['edge-1', 'edge-2', 'edge-3']);
    await allowOne();
    aheadMs += 11_000;
    await cluster.gone(pods, 'edge-2');
    expect(await evictions(operator, 'Evicted')).toBe(1);
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    expect((await cluster.list(pods)).map(({ metadata }) => metadata.name)).toEqual(['edge-1', 'edge-3']);
    const said = (await cluster.list(events)).map((event) => String(event['note']));
    expect(said.some((note) => /Pod edge-2 was evicted: for a minute/.test(note))).toBe(true);
  }, 60_000);

  async function allowOne(): Promise<void> {
    const budget = await cluster.get(podDisruptionBudgets, 'edge');
    const counts = { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 };
    const status = { ...counts, observedGeneration: budget.metadata.generation };
    const ref = { namespace: cluster.namespace, name: 'edge' };
    await cluster.client.patchStatus(podDisruptionBudgets, ref, { status });
  }
});

async function evictions(operator: Parameters<typeof metric>[0], outcome: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${operator.healthPort}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith('evergate_operator_gateway_evictions_total') && one.includes(outcome));
  return Number(line?.slice(line.lastIndexOf(' ')) ?? 0);
}

test('a circuit breaker that opens in a gateway is a condition of the policy within 5 s, until it closes', async () => {
  await cluster.start();
  await cluster.apply(backendPolicies, 'orders', {
    spec: { targetRefs: [{ name: 'orders' }], circuitBreaker: { openDuration: '10s' } },
  });
  await cluster.apply(backendPolicies, 'plain', { spec: { targetRefs: [{ name: 'other' }] } });
  await live(['10.9.0.1', '10.9.0.2']);
  const policy = await cluster.eventually(backendPolicies, 'orders', (found) => conditionOf(found, 'Ready') === 'True');
  expect(conditionOf(policy, 'CircuitOpen')).toBe('False');

  const { routes } = ((await cluster.current()) as Extract<PodAnswer, { outcome: 'Answered' }>).report.serves;
  const id = `${cluster.namespace}/orders:80`;
  cluster.answers.set('10.9.0.2', () =>
    answer({ routes, tripped: { count: 1, backends: [id, 'elsewhere/orders:80'] } }),
  );
  const openedAt = performance.now();
  const opened = await cluster.eventually(
    backendPolicies,
    'orders',
    (found) => conditionOf(found, 'CircuitOpen') === 'True',
  );
  process.stdout.write(
    `an open circuit breaker is a condition after ${(performance.now() - openedAt).toFixed(0)} ms\n`,
  );
  expect(messageOf(opened, 'CircuitOpen')).toContain(`The circuit breaker of ${id} is open`);
  expect(messageOf(opened, 'CircuitOpen')).not.toContain('elsewhere');
  expect(conditionOf(opened, 'Ready')).toBe('True');
  expect(conditionOf(await cluster.get(backendPolicies, 'plain'), 'CircuitOpen')).toBeUndefined();

  cluster.answers.delete('10.9.0.2');
  await cluster.eventually(backendPolicies, 'orders', (found) => conditionOf(found, 'CircuitOpen') === 'False');
}, 60_000);
