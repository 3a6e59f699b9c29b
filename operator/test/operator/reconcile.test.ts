import { expect, test } from '@jest/globals';
import { FleetRuntime } from '../../src/fleetRuntime.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { applyObjects, deliver, type ReconcileContext } from '../../src/reconcile.ts';
import type { World } from '../../src/world.ts';
import { ManualClock } from '../support/manualClock.ts';

function fleet(spec: object): KubeObject {
  const metadata = {
    namespace: 'infra',
    name: 'edge',
    uid: 'fleet-uid',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { apiVersion: 'evergate.dev/v1alpha1', kind: 'GatewayFleet', metadata, spec };
}

/** Keeps what is created, and counts. */
class Storage {
  readonly written: string[] = [];
  readonly client = {
    listAll: async () => ({ items: [], resourceVersion: '1' }),
    create: async (_: unknown, object: KubeObject) => this.#keep(object),
    replace: async (_: unknown, object: KubeObject) => this.#keep(object),
    get: async () => {
      throw new ApiError({ status: 404, reason: 'NotFound', message: 'not found' });
    },
    apply: async (_: unknown, object: KubeObject) => this.#keep(object),
    delete: async () => {},
  } as unknown as ApiClient;

  #keep(object: KubeObject): KubeObject {
    this.written.push(object.metadata.name);
    return { ...object, metadata: { ...object.metadata, resourceVersion: `${this.written.length}` } };
  }
}

const nothing = new Map<string, never>();
const world: World = {
  routes: nothing,
  fleets: nothing,
  policies: nothing,
  services: nothing,
  referenceGrants: nothing,
  secrets: nothing,
  secretNamespaces: [],
  unreadNamespaces: [],
  slicesOf: () => [],
  podsOf: () => [],
  ownedBy: () => [],
};
const context: ReconcileContext = {
  world,
  gatewayImage: 'gateway:1',
  clusterCIDRs: [],
  operatorNamespace: 'infra',
  heardAt: () => undefined,
  wallMs: () => 0,
};

function runtimeOn({ client }: Storage): FleetRuntime {
  const report = (): void => {};
  return new FleetRuntime({
    namespace: 'infra',
    name: 'edge',
    uid: 'fleet-uid',
    client,
    podClient: { ask: async () => ({ outcome: 'Unreachable', why: 'nobody there' }) },
    clock: new ManualClock(),
    pods: () => [],
    onAcknowledged: report,
    onPublish: report,
    onEviction: report,
    onUntold: report,
  });
}

test('an invalid fleet that never was valid writes nothing: what a former operator wrote stays', async () => {
  const storage = new Storage();
  const runtime = runtimeOn(storage);
  const { outcome, routes } = await deliver(runtime, fleet({ listeners: 'many' }), context);
  expect(outcome).toMatchObject({ outcome: 'HeldBack', finding: { reason: 'UnsupportedValue' } });
  expect([routes, storage.written, await applyObjects(runtime, context)]).toEqual([[], [], []]);
  expect(runtime.verdict?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False' });
  expect(runtime.heldBack?.message).toMatch(/spec.listeners/);
  runtime.close();
});

test('an invalid fleet that was valid goes on as it was, and says so', async () => {
  const storage = new Storage();
  const runtime = runtimeOn(storage);
  const first = await deliver(runtime, fleet({}), context);
  expect([first.outcome.outcome, storage.written]).toEqual([
    'Published',
    ['edge-endpoints', 'edge-secrets', 'edge-routes'],
  ]);
  const second = await deliver(runtime, fleet({ replicas: 'many' }), context);
  expect(second.outcome.outcome).toBe('Unchanged');
  expect(runtime.verdict?.conditions[0]?.message).toMatch(/spec.replicas.*Until then, served as of generation 1/);
  runtime.close();
});

test('what is deleted before its making was seen is made again', async () => {
  const storage = new Storage();
  const runtime = runtimeOn(storage);
  await deliver(runtime, fleet({}), context);
  await applyObjects(runtime, context);
  const made = storage.written.filter((name) => name === 'edge').length;
  expect(made).toBeGreaterThan(0);
  await applyObjects(runtime, context);
  expect(storage.written.filter((name) => name === 'edge')).toHaveLength(2 * made);
  runtime.close();
});
