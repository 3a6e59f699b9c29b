import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import {
  configMaps,
  deployments,
  gatewayFleets,
  horizontalPodAutoscalers,
  podDisruptionBudgets,
  type Resource,
  roleBindings,
  roles,
  secrets,
  services,
} from '../../src/kube/resource.ts';
import { conditionOf, messageOf, reasonOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';
import { managersOfReplicas, recordReplicas, replicasOf } from '../support/replicas.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
  await cluster.service('orders');
});

afterEach(() => cluster.close());

/** With a fleet that is complete. */
async function complete(spec: object = {}): Promise<void> {
  await cluster.start();
  await cluster.route('shop', '/api', 'orders');
  await cluster.fleet('edge', spec);
  await cluster.eventually(deployments, 'edge', () => true);
  await cluster.eventually(configMaps, 'edge-routes', (found) => textOf(found).includes('/api'));
  await cluster.eventually(configMaps, 'edge-endpoints', (found) => textOf(found).includes('10.1.0.1'));
}

function textOf(object: KubeObject): string {
  return JSON.stringify(object['data'] ?? {});
}

function saidOf(object: KubeObject): unknown {
  const { status: _, metadata, ...said } = object;
  return { ...said, labels: metadata.labels, owner: metadata.ownerReferences };
}

/** Of a document, what matters: every write has another sequence. */
function contentOf(object: KubeObject): unknown {
  const data = (object['data'] ?? {}) as Record<string, string>;
  const indexes = Object.entries(data).map(([key, text]) => {
    const { sequence: _, epoch: __, needs: ___, ...index } = JSON.parse(text) as Record<string, unknown>;
    return [key, index];
  });
  return { indexes, labels: object.metadata.labels, owner: object.metadata.ownerReferences };
}

const drifts: readonly (readonly [string, Resource, object])[] = [
  ['a Deployment', deployments, { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } }],
  ['a Service', services, { spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 1234 }] } }],
  ['a PodDisruptionBudget', podDisruptionBudgets, { spec: { maxUnavailable: '100%' } }],
  ['a Role', roles, { rules: [] }],
  ['labels', podDisruptionBudgets, { metadata: { labels: { 'app.kubernetes.io/instance': 'mine' } } }],
  ['the label by which it is known', roleBindings, { metadata: { labels: { 'evergate.dev/fleet': null } } }],
];

describe('drift is put back within a second', () => {
  test.each(drifts)(
    'of %s',
    async (_, resource, patch) => {
      await complete();
      const before = saidOf(await cluster.eventually(resource, 'edge', () => true));
      const changed = await cluster.patch(resource, 'edge', patch);
      expect(saidOf(changed)).not.toEqual(before);
      const startedMs = performance.now();
      const back = JSON.stringify(before);
      await cluster.eventually(resource, 'edge', (found) => JSON.stringify(saidOf(found)) === back);
      report(`changed ${resource.plural}`, startedMs);

      const { uid } = (await cluster.get(resource, 'edge')).metadata;
      await cluster.delete(resource, 'edge');
      const deletedMs = performance.now();
      await cluster.eventually(resource, 'edge', ({ metadata }) => metadata.uid !== uid);
      report(`deleted ${resource.plural}`, deletedMs);
    },
    60_000,
  );

  const tampering: readonly (readonly [string, 'edge-routes' | 'edge-endpoints', object])[] = [
    ['an index of rubbish', 'edge-routes', { data: { 'routes.json': '{}' } }],
    ['an index that is empty', 'edge-endpoints', { data: null }],
    ['an index without its labels', 'edge-routes', { metadata: { labels: null } }],
    ['a key more', 'edge-routes', { data: { more: 'text' } }],
  ];

  test.each(tampering)(
    'of the documents: %s',
    async (_, name, patch) => {
      await complete();
      const before = contentOf(await cluster.get(configMaps, name));
      const was = await cluster.index('routes');
      await cluster.patch(configMaps, name, patch);
      const startedMs = performance.now();
      await cluster.eventually(configMaps, name, (found) => isSame(() => contentOf(found), before));
      report('documents changed', startedMs);
      const now = await cluster.index('routes');
      expect(orderOf(now)).toBeGreaterThanOrEqual(orderOf(was));
    },
    60_000,
  );

  test('of an index whose settings somebody changed without its revision', async () => {
    await complete();
    const before = await cluster.index('routes');
    const settings = { ...(before?.['settings'] as object), maxConnections: 1 };
    await cluster.patch(configMaps, 'edge-routes', {
      data: { 'routes.json': JSON.stringify({ ...before, settings }) },
    });
    const wanted = JSON.stringify(before?.['settings']);
    await cluster.eventually(configMaps, 'edge-routes', (found) => {
      const index = JSON.parse((found['data'] as Record<string, string>)['routes.json'] ?? '{}');
      return JSON.stringify(index.settings) === wanted;
    });
  }, 60_000);

  test('of documents that are deleted, the Secret among them', async () => {
    await complete();
    const was = await cluster.index('routes');
    for (const [resource, name] of [
      [configMaps, 'edge-routes'],
      [configMaps, 'edge-endpoints'],
      [secrets, 'edge-secrets'],
    ] as const) {
      const { uid } = (await cluster.get(resource, name)).metadata;
      await cluster.delete(resource, name);
      const startedMs = performance.now();
      await cluster.eventually(resource, name, ({ metadata }) => metadata.uid !== uid);
      report(`deleted ${name}`, startedMs);
    }
    await cluster.eventually(configMaps, 'edge-routes', (found) => textOf(found).includes('/api'));
    expect(orderOf(await cluster.index('routes'))).toBeGreaterThan(orderOf(was));
  }, 60_000);

  test('of a part: changed, or deleted', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    for (let i = 0; i < 320; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, j) => cluster.route(`shop-${i + j}`, `/api-${i + j}`, 'orders')),
      );
    }
    await cluster.eventually(gatewayFleets, 'edge', (found) => JSON.stringify(found).includes('"attachedRoutes":320'));
    await everyPartIsThere();
    const { parts } = (await cluster.index('routes')) as unknown as Index;
    const [part] = parts;
    expect(parts.length).toBeGreaterThan(1);
    const name = `edge-routes-${part?.name}-${part?.slot}`;
    await cluster.patch(configMaps, name, { binaryData: null, data: null });
    expect(await everyPartIsThere()).toBe(true);
    for (const { metadata } of (await cluster.list(configMaps)).filter(isPart))
      await cluster.delete(configMaps, metadata.name);
    await everyPartIsThere();
  }, 60_000);
});

interface Index {
  readonly parts: readonly { readonly name: string; readonly slot: string; readonly inline?: string }[];
}

function isPart({ metadata }: KubeObject): boolean {
  return /^edge-routes-[0-9a-f]-[ab]$/.test(metadata.name);
}

/** Resolves when each part that the index names holds something; returns whether one did not at first. */
async function everyPartIsThere(): Promise<boolean> {
  const startedMs = performance.now();
  const isWhole = async (): Promise<boolean> => {
    const maps = new Map((await cluster.list(configMaps)).map((map) => [map.metadata.name, map]));
    const parts = ((await cluster.index('routes')) as unknown as Index | undefined)?.parts;
    return (
      parts?.every(({ name, slot }) => maps.get(`edge-routes-${name}-${slot}`)?.['binaryData'] !== undefined) ?? false
    );
  };
  const wasWhole = await isWhole();
  await eventually('every part is there', isWhole);
  report('parts', startedMs);
  return !wasWhole;
}

function orderOf(index: Record<string, unknown> | undefined): number {
  return Number(index?.['epoch']) * 1_000_000 + Number(index?.['sequence']);
}

function isSame(read: () => unknown, wanted: unknown): boolean {
  try {
    return JSON.stringify(read()) === JSON.stringify(wanted);
  } catch {
    return false;
  }
}

function report(what: string, startedMs: number): void {
  process.stdout.write(`${what}: put back within ${Math.round(performance.now() - startedMs)} ms\n`);
}

describe('what another owner made', () => {
  test('a Service of the fleet’s name stays as it is; Degraded names it; once it is gone the fleet has its own', async () => {
    await cluster.apply(services, 'edge', { spec: { ports: [{ port: 5432 }] } });
    await complete();
    const fleet = await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'True');
    expect(reasonOf(fleet, 'Degraded')).toBe('ObjectNotOurs');
    expect(messageOf(fleet, 'Degraded')).toContain(`Service ${cluster.namespace}/edge`);
    const { metadata, spec } = (await cluster.get(services, 'edge')) as KubeObject & { spec: { ports: object[] } };
    expect([metadata.labels, metadata.ownerReferences, spec.ports]).toMatchObject([
      undefined,
      undefined,
      [{ port: 5432 }],
    ]);
  }, 60_000);

  test('a ConfigMap with the name of an index stays as it is; Degraded names it; the fleet goes on when it is gone', async () => {
    await cluster.apply(configMaps, 'edge-routes', { data: { mine: 'yes' } });
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders');
    const fleet = await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'True');
    expect(messageOf(fleet, 'Degraded')).toContain(`ConfigMap ${cluster.namespace}/edge-routes`);
    expect(conditionOf(fleet, 'Stalled')).toBe('True');
    expect((await cluster.get(configMaps, 'edge-routes'))['data']).toEqual({ mine: 'yes' });
    await cluster.delete(configMaps, 'edge-routes');
    await cluster.eventually(configMaps, 'edge-routes', (found) => textOf(found).includes('/api'));
    await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'False');
  }, 60_000);

  test('one that bears the fleet’s label is neither changed nor removed', async () => {
    const labels = { 'evergate.dev/fleet': 'edge', 'evergate.dev/document': 'routes' };
    await cluster.apply(configMaps, 'edge-routes-0-a', { data: { mine: 'yes' } }, { labels });
    await cluster.apply(services, 'mine', { spec: { ports: [{ port: 5432 }] } }, { labels });
    await complete();
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(configMaps, 'edge-routes', (found) => textOf(found).includes('/v2'));
    expect((await cluster.get(configMaps, 'edge-routes-0-a'))['data']).toEqual({ mine: 'yes' });
    expect((await cluster.get(services, 'mine')).metadata.deletionTimestamp).toBeUndefined();
  }, 60_000);
});

describe('what is no longer wanted goes', () => {
  test('Role and RoleBinding with delivery Mount, and they come back with Watch', async () => {
    await complete();
    await cluster.eventually(roleBindings, 'edge', () => true);
    await cluster.fleet('edge', { delivery: 'Mount' });
    await cluster.gone(roles, 'edge');
    await cluster.gone(roleBindings, 'edge');
    await cluster.fleet('edge', { delivery: 'Watch' });
    await cluster.eventually(roleBindings, 'edge', () => true);
  }, 60_000);

  test('the autoscaler with autoscaling; on no way does the number of gateways drop', async () => {
    await complete({ replicas: 5 });
    const seen: number[] = [];
    const watching = new AbortController();
    const { resourceVersion = '' } = (await cluster.get(deployments, 'edge')).metadata;
    const watch = recordReplicas(
      cluster.client,
      { namespace: cluster.namespace, resourceVersion },
      watching.signal,
      seen,
    );

    await cluster.fleet('edge', { replicas: 5, autoscaling: { minReplicas: 3 } });
    await cluster.eventually(horizontalPodAutoscalers, 'edge', () => true);
    await cluster.eventually(deployments, 'edge', (found) => managersOfReplicas(found).join() === 'evergate-replicas');
    const scaled = { spec: { replicas: 7 } };
    const ref = { namespace: cluster.namespace, name: 'edge' };
    await cluster.client.mergePatch(deployments, ref, scaled, { fieldManager: 'autoscaler' });
    await cluster.eventually(deployments, 'edge', (found) => replicasOf(found) === 7);
    await cluster.fleet('edge', { replicas: 7 });
    await cluster.gone(horizontalPodAutoscalers, 'edge');
    await cluster.eventually(deployments, 'edge', (found) => managersOfReplicas(found).includes('evergate'));
    await cluster.fleet('edge', { replicas: 7, autoscaling: { minReplicas: 4 } });
    await cluster.eventually(deployments, 'edge', (found) => !managersOfReplicas(found).includes('evergate'));
    const last = await cluster.patch(deployments, 'edge', { metadata: { annotations: { last: 'yes' } } });
    expect(replicasOf(last)).toBe(7);
    watching.abort();
    await watch;
    process.stdout.write(`replicas of the Deployment over two handovers: ${seen.join(' ')}\n`);
    expect(Math.min(...seen)).toBe(5);
  }, 60_000);
});
