import { randomBytes } from 'node:crypto';
import { MAX_PARTS } from '@evergate/contract/names';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { shardOf } from '../../src/deliver/shards.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { configMaps, gatewayFleets, gatewayRoutes } from '../../src/kube/resource.ts';
import { conditionOf, messageOf, reasonOf } from '../support/conditions.ts';
import { metric, OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;
/** Large objects take a small API server long. */
const lease = { leaseMs: 40_000, renewDeadlineMs: 20_000, retryMs: 200 };

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
  await cluster.service('orders');
  await cluster.fleet('edge');
  await cluster.pod('edge', 'edge-1', '10.9.0.1');
});

afterEach(() => cluster.close());

function isLive(route: KubeObject): boolean {
  const { observedGeneration } = (route['status'] ?? {}) as { readonly observedGeneration?: number };
  return conditionOf(route, 'Ready') === 'True' && observedGeneration === route.metadata.generation;
}

/** Rules whose paths are drawn, so that compression saves little of them. */
function bulky(rules: number, matches: number): object {
  const path = (): string => `/${randomBytes(740).toString('base64url')}`;
  const drawn = (): object[] =>
    Array.from({ length: matches }, () => ({ path: { type: 'PathPrefix', value: path() } }));
  const backendRefs = [{ name: 'orders', port: 80 }];
  return { rules: Array.from({ length: rules }, (_, i) => ({ name: `r${i}`, matches: drawn(), backendRefs })) };
}

describe('what is very large', () => {
  test('a route of half a megabyte is served, and its neighbours are', async () => {
    await cluster.start({ lease });
    await cluster.apply(gatewayRoutes, 'large', { spec: bulky(64, 8) });
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    const large = await cluster.eventually(gatewayRoutes, 'large', isLive);
    process.stdout.write(`a route of ${JSON.stringify(large).length} bytes is live\n`);
  }, 60_000);

  test('the largest route there can be is refused alone: what was good of it stays, and its neighbours are served and updated', async () => {
    await cluster.start({ lease });
    await cluster.route('large', '/small', 'orders');
    await cluster.eventually(gatewayRoutes, 'large', isLive);
    const route = await cluster.patch(gatewayRoutes, 'large', { spec: bulky(64, 16) });
    const found = await cluster.eventually(gatewayRoutes, 'large', (one) => reasonOf(one, 'Programmed') === 'TooLarge');
    process.stdout.write(`a route of ${JSON.stringify(route).length} bytes: ${messageOf(found, 'Programmed')}\n`);
    expect(messageOf(found, 'Programmed')).toMatch(
      /split it into several. Until then, it is served as of generation 1/,
    );
    expect(conditionOf(found, 'Stalled')).toBe('True');
    await cluster.route('shop', '/v2', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    expect(JSON.stringify(await cluster.index('routes'))).toMatch(/\/small.*\/v2/);
    await cluster.route('large', '/small', 'orders');
    await cluster.eventually(gatewayRoutes, 'large', isLive);
  }, 60_000);

  test('a table that does not fit is not written: TooLarge says so, the last one stays, and it heals', async () => {
    await cluster.start({ lease });
    await cluster.route('shop', '/api', 'orders');
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    const names = await fill();
    const fleet = await cluster.eventually(
      gatewayFleets,
      'edge',
      (found) => reasonOf(found, 'Programmed') === 'TooLarge',
    );
    expect(messageOf(fleet, 'Degraded')).toMatch(
      /The table does not fit: routes-.*attach some of the routes to another fleet/,
    );
    expect(conditionOf(fleet, 'Stalled')).toBe('True');
    const before = await cluster.index('routes');
    await cluster.route('shop', '/v2', 'orders');
    const stuck = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'Programmed') === 'TooLarge' && found.metadata.generation === 2,
    );
    expect(conditionOf(stuck, 'Stalled')).toBe('True');
    expect(await cluster.index('routes')).toEqual(before);

    for (const name of names) await cluster.delete(gatewayRoutes, name);
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    await cluster.eventually(gatewayFleets, 'edge', (found) => conditionOf(found, 'Degraded') === 'False');
  }, 120_000);

  /** Adds three routes whose rules all belong into one part, which together are larger than an object may be. */
  async function fill(): Promise<readonly string[]> {
    const all = Array.from({ length: 500 }, (_, i) => `bulk-${i}`);
    const names = all.filter((name) => shardOf(`${cluster.namespace}/${name}`, MAX_PARTS) === 0).slice(0, 3);
    for (const name of names) await cluster.apply(gatewayRoutes, name, { spec: bulky(64, 8) });
    return names;
  }
});

describe('fifty edits a second', () => {
  test('are carried out four times a second, end in the right state, and delay no withdrawal', async () => {
    const operator = await cluster.start({ lease });
    const turns = (): Promise<number> => metric(operator, 'evergate_operator_reconciles_total');
    await cluster.route('shop', '/api', 'orders');
    await cluster.route('gone', '/gone', 'orders');
    await cluster.eventually(gatewayRoutes, 'gone', isLive);
    const writtenBefore = cluster.writes().filter(({ resource }) => resource === 'configmaps').length;
    const turnedBefore = await turns();
    const startedMs = performance.now();
    const edits = (async () => {
      for (let i = 1; i <= 200; i++) {
        const tick = new Promise((resolve) => setTimeout(resolve, 20));
        await Promise.all([cluster.route('shop', `/edit-${i}`, 'orders'), tick]);
      }
    })();
    await cluster.eventually(gatewayRoutes, 'shop', ({ metadata }) => (metadata.generation ?? 0) > 100);
    const withdrawnMs = performance.now();
    await cluster.delete(gatewayRoutes, 'gone');
    await cluster.eventually(configMaps, 'edge-routes', (found) => !JSON.stringify(found).includes('/gone'));
    const withdrawalMs = Math.round(performance.now() - withdrawnMs);
    await edits;
    const seconds = (performance.now() - startedMs) / 1_000;
    const written = cluster.writes().filter(({ resource }) => resource === 'configmaps').length - writtenBefore;
    const turned = (await turns()) - turnedBefore;
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/edit-200'));
    await cluster.eventually(gatewayRoutes, 'shop', isLive);
    process.stdout.write(
      `200 edits in ${seconds.toFixed(1)} s: ${turned} turns, ${written} writes of documents; a withdrawal among them took ${withdrawalMs} ms\n`,
    );
    // A burst of four, four a second, the withdrawal, and what an acknowledgement asks for.
    expect(turned).toBeLessThanOrEqual(4 + 4.1 * seconds + 3);
    // The withdrawal writes endpoints too.
    expect(written).toBeLessThanOrEqual(turned + 2);
  }, 60_000);
});
