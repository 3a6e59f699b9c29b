import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { backendPolicies, configMaps, events, gatewayFleets, gatewayRoutes } from '../../src/kube/resource.ts';
import { conditionOf, conditionsOf, messageOf, reasonOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
  await cluster.service('orders');
});

afterEach(() => cluster.close());

function isReady(object: KubeObject): boolean {
  const { observedGeneration } = (object['status'] ?? {}) as { readonly observedGeneration?: number };
  return conditionOf(object, 'Ready') === 'True' && observedGeneration === object.metadata.generation;
}

function statusWrites(): number {
  return cluster.requests.filter(({ resource, verb }) => resource.endsWith('/status') && verb === 'patch').length;
}

describe('a route without a fleet', () => {
  test('says NoDefaultFleet with a remedy, and heals when a default fleet comes', async () => {
    await cluster.start();
    await cluster.fleet('other', {}, false);
    await cluster.route('shop', '/api', 'orders');
    const lost = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'Accepted') === 'NoDefaultFleet',
    );
    expect(messageOf(lost, 'Accepted')).toContain(`${cluster.namespace}/other`);
    expect([conditionOf(lost, 'Ready'), conditionOf(lost, 'Stalled')]).toEqual(['False', 'True']);
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
  }, 60_000);

  test('that it names says NoMatchingParent, and heals when that comes; and falls back when that goes', async () => {
    await cluster.start();
    await cluster.route('shop', '/api', 'orders', { parentRefs: [{ name: 'edge' }] });
    const lost = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'Accepted') === 'NoMatchingParent',
    );
    expect(messageOf(lost, 'Accepted')).toContain(`GatewayFleet ${cluster.namespace}/edge does not exist`);
    await cluster.fleet('edge', {}, false);
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
    await cluster.delete(gatewayFleets, 'edge');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'Accepted') === 'NoMatchingParent');
  }, 60_000);

  test('that claims to be the default beside another one says so until one of them gives way', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.fleet('spare');
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'Accepted') === 'NoDefaultFleet');
    await cluster.fleet('spare', {}, false);
    await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Programmed') === 'False');
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/api'));
  }, 60_000);
});

describe('statuses over many edits', () => {
  test('are never older than what is stored, and never Reconciling and Stalled at once', async () => {
    await cluster.start();
    const routes = await cluster.versionsOf(gatewayRoutes, 'shop');
    const fleets = await cluster.versionsOf(gatewayFleets, 'edge');
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    for (const service of ['orders', 'missing', 'orders', 'missing', 'orders']) {
      await cluster.route('shop', `/to-${service}`, service);
      const wanted = service === 'orders' ? 'True' : 'False';
      await cluster.eventually(
        gatewayRoutes,
        'shop',
        (found) => conditionOf(found, 'Ready') === wanted && generationOf(found) === found.metadata.generation,
      );
    }
    for (let i = 0; i < 20; i++) await cluster.route('shop', `/quick-${i}`, 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
    await Promise.all([routes.end(), fleets.end()]);
    const generations = routes.seen.map(generationOf);
    expect(generations).toEqual([...generations].sort((a, b) => a - b));
    for (const seen of [...routes.seen, ...fleets.seen]) {
      const both = ['Reconciling', 'Stalled'].map((type) => conditionOf(seen, type));
      expect(both).not.toEqual(['True', 'True']);
      if (conditionOf(seen, 'Ready') === 'True') expect(both).toEqual([undefined, undefined]);
    }
    process.stdout.write(`25 edits of a route: ${routes.seen.length} versions of it\n`);
  }, 60_000);

  test('are written only where they differ', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders');
    await cluster.route('cart', '/cart', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
    await cluster.eventually(gatewayRoutes, 'cart', isReady);
    await cluster.eventually(gatewayFleets, 'edge', isReadyButSmall);
    const before = statusWrites();
    const shop = await cluster.get(gatewayRoutes, 'shop');
    for (let i = 0; i < 5; i++) {
      await cluster.patch(gatewayRoutes, 'cart', { metadata: { annotations: { note: `${i}` } } });
      await cluster.slice('orders', `10.1.0.${i + 10}`);
    }
    await cluster.eventually(configMaps, 'edge-endpoints', (found) => JSON.stringify(found).includes('10.1.0.14'));
    await cluster.route('cart', '/cart/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'cart', isReady);
    const written = statusWrites() - before;
    process.stdout.write(`5 notes, 5 other endpoints and one edit of a route: ${written} writes of statuses\n`);
    expect((await cluster.get(gatewayRoutes, 'shop')).metadata.resourceVersion).toBe(shop.metadata.resourceVersion);
    expect(written).toBeLessThanOrEqual(6);
  }, 60_000);

  test('that somebody overwrites are put right', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
    const ref = { namespace: cluster.namespace, name: 'shop' };
    await cluster.client.patchStatus(gatewayRoutes, ref, { status: { conditions: [], parents: [] } });
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
  }, 60_000);
});

function generationOf(object: KubeObject): number {
  return ((object['status'] ?? {}) as { readonly observedGeneration?: number }).observedGeneration ?? 0;
}

/** One pod of three is too few to be available. */
function isReadyButSmall(fleet: KubeObject): boolean {
  return conditionOf(fleet, 'Programmed') === 'True' && reasonOf(fleet, 'Available') === 'TooFewGateways';
}

describe('a policy', () => {
  test('says whether it holds: of a Service that there is not, and of one that comes', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.apply(backendPolicies, 'calm', { spec: { targetRefs: [{ kind: 'Service', name: 'carts' }] } });
    await cluster.eventually(backendPolicies, 'calm', (found) => conditionOf(found, 'Stalled') === 'True');
    await cluster.service('carts');
    await cluster.eventually(backendPolicies, 'calm', (found) => conditionOf(found, 'Ready') === 'True');
  }, 60_000);
});

describe('two operators in one cluster', () => {
  test('leave each other’s entries alone, sum up the same, and come to rest', async () => {
    const other = await OperatorUnderTest.create();
    const versions = await cluster.versionsOf(gatewayRoutes, 'shared');
    try {
      const both = { watchNamespaces: [cluster.namespace, other.namespace] };
      await cluster.start({ ...both, controllerName: 'evergate.dev/one' });
      await other.start({ ...both, controllerName: 'evergate.dev/two', identity: 'two' });
      const listeners = [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }];
      for (const one of [cluster, other]) {
        await one.fleet('edge', { listeners }, false);
        await one.pod('edge', 'edge-1', '10.9.0.1');
      }
      await cluster.route('shared', '/api', 'orders', {
        parentRefs: [{ name: 'edge' }, { name: 'edge', namespace: other.namespace }],
      });
      await cluster.route('theirs', '/theirs', 'orders', {
        parentRefs: [{ name: 'edge', namespace: other.namespace }],
      });
      const shared = await cluster.eventually(gatewayRoutes, 'shared', isReady);
      expect(controllersOf(shared)).toEqual(['evergate.dev/one', 'evergate.dev/two']);
      const theirs = await cluster.eventually(gatewayRoutes, 'theirs', isReady);
      expect(controllersOf(theirs)).toEqual(['evergate.dev/two']);

      // An edit of another route travels the same watch: by its end, both have seen all of the first.
      await cluster.route('mine', '/mine', 'orders', { parentRefs: [{ name: 'edge' }] });
      await cluster.eventually(gatewayRoutes, 'mine', isReady);
      const atRest = (await cluster.get(gatewayRoutes, 'shared')).metadata.resourceVersion;
      await cluster.route('mine', '/mine/2', 'orders', { parentRefs: [{ name: 'edge' }] });
      await cluster.eventually(gatewayRoutes, 'mine', isReady);
      process.stdout.write(`a route of two operators: ${versions.seen.length} versions until both had said all\n`);
      expect((await cluster.get(gatewayRoutes, 'shared')).metadata.resourceVersion).toBe(atRest);
      expect(versions.seen.length).toBeLessThanOrEqual(8);
    } finally {
      await versions.end();
      await other.close();
    }
  }, 60_000);
});

function controllersOf(route: KubeObject): readonly string[] {
  const { parents = [] } = (route['status'] ?? {}) as { readonly parents?: readonly { controllerName: string }[] };
  return parents.map(({ controllerName }) => controllerName);
}

describe('events', () => {
  test('tell of what turned bad and of what turned good again, once', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'missing');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'BackendNotFound');
    await cluster.service('missing');
    await cluster.eventually(gatewayRoutes, 'shop', isReady);
    const about = async (): Promise<readonly string[]> =>
      (await cluster.list(events))
        .filter((event) => (event['regarding'] as { readonly name: string }).name === 'shop')
        .map((event) => `${event['type']} ${event['reason']}`);
    await eventually('both are told', async () => (await about()).some((told) => told === 'Normal ResolvedRefs'));
    const told = await about();
    expect(told.filter((one) => one === 'Warning BackendNotFound')).toHaveLength(1);
    expect(told.filter((one) => one === 'Normal ResolvedRefs')).toHaveLength(1);
    expect(conditionsOf(await cluster.get(gatewayRoutes, 'shop')).length).toBeGreaterThan(3);
  }, 60_000);
});
