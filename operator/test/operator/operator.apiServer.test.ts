import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  configMaps,
  deployments,
  gatewayFleets,
  gatewayRoutes,
  podDisruptionBudgets,
  secrets,
  services,
} from '../../src/kube/resource.ts';
import { conditionOf, messageOf } from '../support/conditions.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
});

afterEach(() => cluster.close());

function rulesIn(routesIndex: unknown): string {
  return JSON.stringify((routesIndex as { data: Record<string, string> }).data['routes.json']);
}

describe('an operator on a real API server', () => {
  test('turns a fleet and a route into documents, objects, and statuses that say when it is live', async () => {
    await cluster.start();
    await cluster.service('orders');
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders');

    await cluster.eventually(configMaps, 'edge-routes', (found) => rulesIn(found).includes('/shop/all'));
    await cluster.eventually(configMaps, 'edge-endpoints', (found) => JSON.stringify(found).includes('10.1.0.1'));
    await cluster.eventually(secrets, 'edge-secrets', () => true);
    await cluster.eventually(deployments, 'edge', () => true);
    await cluster.eventually(podDisruptionBudgets, 'edge', () => true);
    await cluster.eventually(services, 'edge', () => true);
    const waiting = await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Ready') === 'False');
    expect(messageOf(waiting, 'Programmed')).toMatch(/No gateway of GatewayFleet .*edge is ready/);
    expect(conditionOf(waiting, 'Reconciling')).toBe('True');

    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    const live = await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Ready') === 'True');
    expect(conditionOf(live, 'Programmed')).toBe('True');
    expect(conditionOf(live, 'Reconciling')).toBeUndefined();
    const fleet = await cluster.eventually(
      gatewayFleets,
      'edge',
      (found) => conditionOf(found, 'Programmed') === 'True',
    );
    expect(fleet['status']).toMatchObject({ replicas: { desired: 3, ready: 1, onRevision: 1 } });
  }, 60_000);
});
