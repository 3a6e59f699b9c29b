import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../src/kube/apiError.ts';
import {
  configMaps,
  deployments,
  gatewayFleets,
  gatewayRoutes,
  referenceGrants,
  services,
} from '../../src/kube/resource.ts';
import { conditionOf, reasonOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { faultyClient, type PendingWrite } from '../support/faultyClient.ts';
import { installReferenceGrants } from '../support/installKinds.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';
import { ownNamespace } from '../support/sharedApiServer.ts';
import { snapshot } from '../support/snapshot.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
});

afterEach(() => cluster.close());

describe('an operator that is stopped and started', () => {
  test('writes nothing where nothing changed meanwhile, and everything that did', async () => {
    await cluster.service('orders');
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders');
    await cluster.start();
    await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Ready') === 'True');
    await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Programmed') === 'True');
    await cluster.eventually(deployments, 'edge', () => true);
    await cluster.stop();
    const before = await snapshot(cluster);
    const [routes, endpoints] = [await cluster.index('routes'), await cluster.index('endpoints')];
    const written = cluster.writes().length;

    const second = await cluster.start();
    await eventually('it has reconciled', () => cluster.log.some((line) => line.includes('"outcome":"Unchanged"')));
    await eventually('it is done', () => second.load?.fleets === 1 && second.load.statuses === 0);
    expect([await cluster.index('routes'), await cluster.index('endpoints')]).toEqual([routes, endpoints]);
    expect(await snapshot(cluster)).toEqual(before);
    const writes = cluster
      .writes()
      .slice(written)
      .map(({ verb, resource }) => `${verb} ${resource}`);
    process.stdout.write(`writes of an operator that comes back to an unchanged fleet: ${writes.join(', ')}\n`);
    expect(writes.filter((write) => /configmaps|secrets|status/.test(write))).toEqual([]);

    await cluster.stop();
    await cluster.route('shop', '/v2', 'orders');
    await cluster.slice('orders', '10.1.0.77');
    await cluster.start();
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/v2'));
    await cluster.eventually(configMaps, 'edge-endpoints', (found) => JSON.stringify(found).includes('10.1.0.77'));
  }, 60_000);

  test('reads back what was good: an edit that broke a rule meanwhile leaves the rule in force, a withdrawn grant does not', async () => {
    await installReferenceGrants(cluster.client);
    const backends = await ownNamespace(cluster.client);
    const watchNamespaces = [cluster.namespace, backends];
    await cluster.service('orders');
    const stock = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'stock', namespace: backends } };
    await cluster.client.create(services, { ...stock, spec: { selector: { app: 'stock' }, ports: [{ port: 80 }] } });
    const from = [{ group: 'evergate.dev', kind: 'GatewayRoute', namespace: cluster.namespace }];
    await cluster.client.create(referenceGrants, {
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'ReferenceGrant',
      metadata: { name: 'shop', namespace: backends },
      spec: { from, to: [{ group: '', kind: 'Service' }] },
    });
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders');
    const rule = { name: 'all', matches: [{ path: { type: 'PathPrefix', value: '/stock' } }] };
    const refs = [{ name: 'stock', namespace: backends, port: 80 }];
    await cluster.apply(gatewayRoutes, 'stock', { spec: { rules: [{ ...rule, backendRefs: refs }] } });
    await cluster.start({ watchNamespaces });
    await cluster.eventually(configMaps, 'edge-routes', (found) => /\/api.*\/stock/.test(JSON.stringify(found)));

    await cluster.stop();
    const backendRefs = [{ name: 'orders', port: 80 }];
    const broken = { name: 'all', backendRefs, matches: [{ path: { type: 'RegularExpression', value: '([' } }] };
    await cluster.route('shop', '/api', 'orders', { rules: [broken] });
    await cluster.client.delete(referenceGrants, { name: 'shop', namespace: backends });
    await cluster.start({ watchNamespaces });
    const kept = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => conditionOf(found, 'LastKnownGood') === 'True',
    );
    expect(reasonOf(kept, 'Programmed')).toBe('SomeRulesInvalid');
    await cluster.eventually(gatewayRoutes, 'stock', (found) => reasonOf(found, 'ResolvedRefs') === 'RefNotPermitted');
    const table = JSON.stringify(await cluster.index('routes'));
    expect(table).toContain('orders:80');
    expect(table).not.toContain('stock:80');
  }, 60_000);
});

describe('an operator that is killed at a write', () => {
  /** Ends everything at the `last`-th write: neither it nor any later one is sent. */
  class Killer {
    readonly #last: number;
    count = 0;
    where = '';

    constructor(last: number) {
      this.#last = last;
    }

    get hasKilled(): boolean {
      return this.count >= this.#last;
    }

    readonly write = async ({ send, method, plural }: PendingWrite): Promise<unknown> => {
      if (plural === 'events') return send();
      this.count += 1;
      if (this.count < this.#last) return send();
      if (this.count === this.#last) this.where = `${method} ${plural}`;
      throw new Error('killed');
    };
  }

  async function prepare(one: OperatorUnderTest): Promise<void> {
    await one.service('orders');
    await one.service('carts', '10.1.0.2');
    await one.fleet('edge', { autoscaling: {} });
    await one.pod('edge', 'edge-1', '10.9.0.1');
    await one.route('shop', '/api', 'orders');
    await one.route('cart', '/cart', 'carts');
    await one.route('lost', '/lost', 'missing');
  }

  const settled = /"Programmed","status":"True".*"Programmed","status":"True"/;

  /** What it comes to when nobody dies. */
  async function reference(): Promise<string> {
    await prepare(cluster);
    await cluster.start();
    await eventually('everything is there', async () => isComplete(JSON.stringify(await snapshot(cluster))));
    const found = JSON.stringify(await snapshot(cluster));
    await cluster.stop();
    return found;
  }

  function isComplete(found: string): boolean {
    return [settled, /horizontalpodautoscalers edge/, /BackendNotFound/, /"onRevision":1/].every((one) =>
      one.test(found),
    );
  }

  /** Where it died; undefined where all was done before the n-th write. */
  async function killAt(n: number, wanted: string): Promise<string | undefined> {
    const one = await OperatorUnderTest.create();
    try {
      await prepare(one);
      const killer = new Killer(n);
      const first = await one.start({ through: (client) => faultyClient(client, killer.write) });
      const isDone = async (): Promise<boolean> => JSON.stringify(await snapshot(one)) === wanted;
      await eventually(`write ${n} is reached`, async () => killer.hasKilled || isDone());
      await one.stop(first);
      if (!killer.hasKilled) return undefined;
      await one.start({ identity: 'second' });
      await comesTo(one, wanted, killer.where);
      return killer.where;
    } finally {
      await one.close();
    }
  }

  async function comesTo(one: OperatorUnderTest, wanted: string, where: string): Promise<void> {
    let found = '';
    await eventually(`after a death at ${where} all is as wanted`, async () => {
      found = JSON.stringify(await snapshot(one));
      return found === wanted;
    }).catch((error: Error) => expect([error.message, JSON.parse(found)]).toEqual(['', JSON.parse(wanted)]));
  }

  test('comes to the same in the end, whichever write it was', async () => {
    const wanted = await reference();
    const killed: string[] = [];
    const startedMs = performance.now();
    for (let n = 1; n <= 40; n++) {
      const where = await killAt(n, wanted);
      if (where === undefined) break;
      killed.push(where);
    }
    const tookMs = Math.round(performance.now() - startedMs);
    process.stdout.write(`killed at each of ${killed.length} writes, in ${tookMs} ms: ${killed.join(', ')}\n`);
    expect(killed.length).toBeGreaterThanOrEqual(14);
    expect(killed.length).toBeLessThan(40);
  }, 240_000);

  test('or only lost the answer of every other write, and lives: it comes to the same', async () => {
    const wanted = await reference();
    const one = await OperatorUnderTest.create();
    try {
      await prepare(one);
      let count = 0;
      const write = async ({ send }: PendingWrite): Promise<unknown> => {
        const answer = await send();
        count += 1;
        if (count % 2 === 0) throw new ApiError({ status: 0, reason: 'Unreachable', message: 'the answer was lost' });
        return answer;
      };
      await one.start({ through: (client) => faultyClient(client, write) });
      await comesTo(one, wanted, 'every other answer');
    } finally {
      await one.close();
    }
  }, 60_000);
});
