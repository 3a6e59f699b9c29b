import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PodAnswer } from '../../src/deliver/acknowledgement.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { configMaps, deployments, gatewayFleets, gatewayRoutes, secrets, services } from '../../src/kube/resource.ts';
import { renderedResources } from '../../src/render/render.ts';
import { ApiServer } from '../support/apiServer.ts';
import { conditionOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { installKinds } from '../support/installKinds.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';

/* What needs an API server of its own: one that collects garbage, and whose storage can be set back. */

/** The garbage collector looks for kinds that are new to it every 30 s. */
const patience = { limitMs: 90_000, pollMs: 100 };

let server: ApiServer;
let cluster: OperatorUnderTest;

beforeAll(async () => {
  server = await ApiServer.start({ controllerManager: true });
  const client = await server.client();
  await installKinds(client);
  await client.close();
}, 180_000);

afterAll(() => server.stop());

beforeEach(async () => {
  cluster = await OperatorUnderTest.create(server.access);
  await cluster.service('orders');
});

afterEach(() => cluster.close());

function isLive(route: KubeObject): boolean {
  const { observedGeneration } = (route['status'] ?? {}) as { readonly observedGeneration?: number };
  return conditionOf(route, 'Programmed') === 'True' && observedGeneration === route.metadata.generation;
}

async function ofFleet(fleet: string): Promise<readonly string[]> {
  const kinds = [...renderedResources, configMaps, secrets];
  const lists = await Promise.all(kinds.map((resource) => cluster.list(resource)));
  return lists.flatMap((list, i) =>
    list
      .filter(({ metadata }) => metadata.labels?.['evergate.dev/fleet'] === fleet)
      .map(({ metadata }) => `${kinds[i]?.plural} ${metadata.name}`),
  );
}

describe('a fleet that is deleted', () => {
  test('takes with it all it had, and nothing else; one of its name that follows starts anew', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.fleet('other', {}, false);
    await cluster.route('shop', '/api', 'orders', { parentRefs: [{ name: 'edge' }, { name: 'other' }] });
    await cluster.apply(
      configMaps,
      'edge-mine',
      { data: { mine: 'yes' } },
      { labels: { 'evergate.dev/fleet': 'edge' } },
    );
    await eventually(
      'both are complete',
      async () => (await ofFleet('edge')).length === 10 && (await ofFleet('other')).length === 9,
    );
    const others = await ofFleet('other');
    const { uid } = (await cluster.get(deployments, 'edge')).metadata;
    await cluster.delete(gatewayFleets, 'edge');
    await eventually('all of it is gone', async () => (await ofFleet('edge')).length === 1, patience);
    expect(await ofFleet('edge')).toEqual(['configmaps edge-mine']);
    expect(await ofFleet('other')).toEqual(others);
    expect((await cluster.get(services, 'orders')).metadata.deletionTimestamp).toBeUndefined();

    await cluster.fleet('edge');
    await cluster.eventually(deployments, 'edge', ({ metadata }) => metadata.uid !== uid);
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/api'));
    await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'False');
  }, 180_000);

  test('and made again at once, under the same name, comes to its own when the remains of the first are gone', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders');
    await eventually('it is complete', async () => (await ofFleet('edge')).length === 9);
    await cluster.delete(gatewayFleets, 'edge');
    const { uid } = (await cluster.fleet('edge')).metadata;
    await eventually(
      'everything belongs to the second',
      async () => {
        const kinds = [...renderedResources, configMaps, secrets];
        const all = (await Promise.all(kinds.map((resource) => cluster.list(resource)))).flat();
        const ours = all.filter(({ metadata }) => metadata.labels?.['evergate.dev/fleet'] === 'edge');
        return ours.length === 9 && ours.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid);
      },
      patience,
    );
  }, 180_000);
});

describe('an API server', () => {
  test('that dies and comes back finds an operator that goes on', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    await server.killApiServer();
    await server.startApiServer();
    await eventually('an edit is taken', () =>
      cluster.route('shop', '/v2', 'orders').then(
        () => true,
        () => false,
      ),
    );
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    expect(JSON.stringify(await cluster.index('routes'))).toContain('/v2');
  }, 180_000);

  test('whose storage was set back has documents that are newer than what gateways saw', async () => {
    await cluster.start();
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    await server.backUp();
    await eventually('an edit is taken', () =>
      cluster.route('shop', '/v2', 'orders').then(
        () => true,
        () => false,
      ),
    );
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    for (const path of ['/v3', '/v4']) {
      await cluster.route('shop', path, 'orders');
      await cluster.eventually(gatewayRoutes, 'shop', isLive);
    }
    const seen = await cluster.current();
    const before = await cluster.index('routes');
    let newest: PodAnswer = seen;
    cluster.answers.set('10.9.0.1', () => newest);

    await server.restore();
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('\\"epoch\\":2'));
    const after = await cluster.index('routes');
    process.stdout.write(
      `after a restore: epoch ${before?.['epoch']} -> ${after?.['epoch']}, sequence ${before?.['sequence']} -> ${after?.['sequence']}\n`,
    );
    // The routes may be heard of a moment later than the documents.
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/api'));
    newest = await cluster.current();
    cluster.answers.delete('10.9.0.1');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    await cluster.route('shop', '/v5', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
  }, 180_000);
});
