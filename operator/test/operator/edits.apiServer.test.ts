import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock, wait } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import {
  backendPolicies,
  configMaps,
  endpointSlices,
  gatewayRoutes,
  referenceGrants,
  secrets,
  services,
} from '../../src/kube/resource.ts';
import type { Operator } from '../../src/operator.ts';
import { conditionOf, reasonOf } from '../support/conditions.ts';
import { faultyClient } from '../support/faultyClient.ts';
import { installReferenceGrants } from '../support/installKinds.ts';
import { metric, OperatorUnderTest } from '../support/operatorUnderTest.ts';
import { ownNamespace } from '../support/sharedApiServer.ts';

let cluster: OperatorUnderTest;
let operator: Operator;
let backends: string;
/** Comes before each write of the operator. */
let beforeWrite: (plural: string) => Promise<void>;

beforeEach(async () => {
  beforeWrite = async () => {};
  cluster = await OperatorUnderTest.create();
  await installReferenceGrants(cluster.client);
  backends = await ownNamespace(cluster.client);
  operator = await cluster.start({
    watchNamespaces: [cluster.namespace, backends],
    through: (client) =>
      faultyClient(client, async ({ plural, send }) => {
        await beforeWrite(plural);
        return send();
      }),
  });
  await cluster.service('orders');
  await cluster.service('carts', '10.1.0.2');
  await cluster.fleet('edge');
  await cluster.route('shop', '/api', 'orders');
  await routesThat((text) => text.includes('/api'));
});

afterEach(() => cluster.close());

function textOf(object: KubeObject): string {
  return JSON.stringify(object['data']);
}

async function routesThat(holds: (text: string) => boolean): Promise<void> {
  await cluster.eventually(configMaps, 'edge-routes', (found) => holds(textOf(found)));
}

async function endpointsThat(holds: (text: string) => boolean): Promise<void> {
  await cluster.eventually(configMaps, 'edge-endpoints', (found) => holds(textOf(found)));
}

function turns(): Promise<number> {
  return metric(operator, 'evergate_operator_reconciles_total');
}

describe('an edit takes effect', () => {
  test('of a route: another path, another backend, its end', async () => {
    await cluster.route('shop', '/v2', 'orders');
    await routesThat((text) => text.includes('/v2') && !text.includes('/api'));
    await cluster.route('shop', '/v2', 'carts');
    await routesThat((text) => text.includes('carts:80') && !text.includes('orders:80'));
    await endpointsThat((text) => text.includes('10.1.0.2') && !text.includes('10.1.0.1'));
    await cluster.delete(gatewayRoutes, 'shop');
    await routesThat((text) => !text.includes('/v2'));
    await endpointsThat((text) => !text.includes('10.1.0.2'));
  }, 60_000);

  test('of a Service: another port breaks the route, its end too, and its return heals it', async () => {
    await cluster.delete(services, 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'BackendNotFound');
    await cluster.service('orders');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'ResolvedRefs') === 'True');
    await cluster.apply(services, 'orders', { spec: { ports: [{ port: 81, targetPort: 8080 }] } });
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'PortNotFound');
  }, 60_000);

  test('of a slice: another endpoint, and none', async () => {
    await cluster.slice('orders', '10.1.0.9');
    await endpointsThat((text) => text.includes('10.1.0.9') && !text.includes('10.1.0.1'));
    await cluster.delete(endpointSlices, 'orders');
    await endpointsThat((text) => !text.includes('10.1.0.9'));
  }, 60_000);

  test('of a policy: it holds for the backend, and no longer once it is gone', async () => {
    const spec = { targetRefs: [{ kind: 'Service', name: 'orders' }], loadBalancing: { policy: 'Random' } };
    await cluster.apply(backendPolicies, 'calm', { spec });
    await routesThat((text) => text.includes('Random'));
    await cluster.eventually(backendPolicies, 'calm', (found) => conditionOf(found, 'Ready') === 'True');
    await cluster.delete(backendPolicies, 'calm');
    await routesThat((text) => !text.includes('Random'));
  }, 60_000);

  test('of a grant: a backend elsewhere is served while its namespace permits it, and not a moment longer', async () => {
    const { namespace } = cluster;
    await cluster.client.create(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'stock', namespace: backends },
      spec: { selector: { app: 'stock' }, ports: [{ port: 80 }] },
    });
    const rule = { name: 'all', backendRefs: [{ name: 'stock', namespace: backends, port: 80 }] };
    await cluster.apply(gatewayRoutes, 'stock', { spec: { hostnames: ['stock.example.com'], rules: [rule] } });
    await cluster.eventually(gatewayRoutes, 'stock', (found) => reasonOf(found, 'ResolvedRefs') === 'RefNotPermitted');
    const from = [{ group: 'evergate.dev', kind: 'GatewayRoute', namespace }];
    const spec = { from, to: [{ group: '', kind: 'Service' }] };
    const grant = { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', spec };
    await cluster.client.create(referenceGrants, { ...grant, metadata: { name: 'shop', namespace: backends } });
    await routesThat((text) => text.includes(`${backends}/stock:80`));
    await cluster.client.delete(referenceGrants, { name: 'shop', namespace: backends });
    await routesThat((text) => !text.includes(`${backends}/stock:80`));
    await cluster.eventually(gatewayRoutes, 'stock', (found) => reasonOf(found, 'ResolvedRefs') === 'RefNotPermitted');
  }, 60_000);
});

describe('what no fleet is concerned with', () => {
  test('a Service and a slice that no route names cause no turn and no write', async () => {
    await cluster.service('unrelated', '10.1.7.7');
    await cluster.slice('orders', '10.1.0.5');
    await endpointsThat((text) => text.includes('10.1.0.5'));
    const [before, written] = [await turns(), cluster.writes().length];
    for (const last of [1, 2, 3, 4, 5]) await cluster.slice('unrelated', `10.1.7.${last}`);
    await cluster.delete(services, 'unrelated');
    // One more of the same kind, which concerns the fleet: all before it has been heard of by then.
    await cluster.slice('orders', '10.1.0.6');
    await endpointsThat((text) => text.includes('10.1.0.6'));
    await cluster.apply(services, 'orders', { spec: { ports: [{ port: 81, targetPort: 8080 }] } });
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'PortNotFound');
    const [turned, wrote] = [(await turns()) - before, cluster.writes().length - written];
    process.stdout.write(`turns after 6 unrelated changes and 2 related ones: ${turned}, writes: ${wrote}\n`);
    expect(turned).toBeGreaterThanOrEqual(2);
    expect(turned).toBeLessThanOrEqual(3);
    expect(wrote).toBeLessThanOrEqual(8);
  }, 60_000);

  test('Secrets and ConfigMaps of others cause no turn', async () => {
    const before = await turns();
    for (const name of ['a', 'b', 'c']) {
      await cluster.apply(secrets, name, { stringData: { key: name } });
      await cluster.apply(configMaps, name, { data: { key: name } });
    }
    await cluster.route('shop', '/v3', 'orders');
    await routesThat((text) => text.includes('/v3'));
    // One for the edit, and what the beginning still brings; none for any of the six.
    expect((await turns()) - before).toBeLessThanOrEqual(4);
  }, 60_000);

  test('nothing is written for an edit that changes nothing', async () => {
    const before = await cluster.get(configMaps, 'edge-routes');
    const route = await cluster.patch(gatewayRoutes, 'shop', { metadata: { annotations: { note: 'mine' } } });
    expect(route.metadata.annotations).toMatchObject({ note: 'mine' });
    await cluster.slice('orders', '10.1.0.8');
    await endpointsThat((text) => text.includes('10.1.0.8'));
    const after = await cluster.get(configMaps, 'edge-routes');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  }, 60_000);
});

describe('a table of many parts', () => {
  const documentWrites = (): number => cluster.writes().filter(({ resource }) => resource === 'configmaps').length;

  /** Resolves when nothing has been written for a second: what stands in an index goes into its slot after less than half of one. */
  async function quiet(): Promise<void> {
    for (let before = -1; before !== documentWrites(); await wait(systemClock, 1_000)) before = documentWrites();
  }

  /** More text than an index holds whole. */
  async function manyParts(): Promise<void> {
    for (const number of Array.from({ length: 25 }, (_, one) => one)) {
      const body = `${number} `.repeat(2_000);
      const text = { type: 'DirectResponse', directResponse: { statusCode: 200, body } };
      const matches = [{ path: { type: 'Exact', value: `/text/${number}` } }];
      await cluster.route(`text-${number}`, '/', 'orders', { rules: [{ name: 'text', matches, filters: [text] }] });
    }
    await routesThat((text) => text.includes('parts'));
    await quiet();
  }

  test('an edit is carried by its index, and goes into its slot without another look at the whole fleet', async () => {
    await manyParts();
    const [before, written] = [await turns(), documentWrites()];
    await cluster.route('shop', '/edited', 'orders');
    await routesThat((text) => text.includes('inline'));
    await quiet();
    expect((await turns()) - before).toBe(1);
    expect(documentWrites() - written).toBe(2);
  }, 60_000);

  test('what somebody else writes while a part goes into its slot is put back', async () => {
    await manyParts();
    let documents = 0;
    const index = await cluster.get(configMaps, 'edge-routes');
    beforeWrite = async (plural) => {
      if (plural !== 'configmaps') return;
      documents += 1;
      // First comes the index, then the slot.
      if (documents !== 2) return;
      await cluster.patch(configMaps, 'edge-routes', { data: { 'routes.json': 'mine' } });
      await wait(systemClock, 300);
    };
    await cluster.route('shop', '/edited', 'orders');
    await routesThat((text) => text.includes('mine'));
    await routesThat((text) => text.includes('parts'));
    const back = await cluster.get(configMaps, 'edge-routes');
    expect(textOf(back)).not.toBe(textOf(index));
  }, 60_000);
});

describe('the operator’s port', () => {
  test('says that it is healthy, ready and the leader', async () => {
    const at = `http://127.0.0.1:${operator.healthPort}`;
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    const ready = await fetch(`${at}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'UP', leader: true }]);
    expect(await metric(operator, 'evergate_operator_leader')).toBe(1);
    expect(await metric(operator, 'evergate_operator_caches_unsynced')).toBe(0);
    expect(await metric(operator, 'evergate_operator_document_writes_total')).toBeGreaterThanOrEqual(3);
  }, 60_000);
});
