import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, fleetName, openArena } from '../src/cluster/arena.ts';
import { FIT_MS, quantile, record, verdict } from '../src/cluster/figures.ts';
import { gatewayTargets } from '../src/cluster/fleet.ts';
import { namespaceObject } from '../src/cluster/instruments.ts';
import { backendRule, createRoute, deleteRoute, routeObject } from '../src/cluster/routes.ts';
import { bareMs, distribution, effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import type { ApiCall } from '../src/prober/apiClient.ts';
import type { Expectation } from '../src/prober/probe.ts';
import type { Step } from '../src/prober/step.ts';

const TIMES = 200;
const GAP_MS = 260;
const BOUND_MS = 150;
const TEST_MS = 600_000;
const tenant = 'evergate-e2e-tenant';
const host = 'tenant.test';
/** Of another namespace than its backend: it needs the listener's permission to attach and the backend's grant. */
const route = routeObject({
  name: 'tenant',
  namespace: tenant,
  hostnames: [host],
  listener: 'tenants',
  rules: [backendRule('/', 'stable', arenaNamespace)],
});
const grant = {
  apiVersion: 'gateway.networking.k8s.io/v1beta1',
  kind: 'ReferenceGrant',
  metadata: { name: 'tenant', namespace: arenaNamespace },
  spec: {
    from: [{ group: 'evergate.dev', kind: 'GatewayRoute', namespace: tenant }],
    to: [{ group: '', kind: 'Service' }],
  },
};
const grants = `/apis/gateway.networking.k8s.io/v1beta1/namespaces/${arenaNamespace}/referencegrants`;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
  await arena.kubectl.apply([namespaceObject(tenant)]);
  await arena.kubectl.apply([grant, route]);
  await arena.kubectl.run(['-n', tenant, 'wait', '--for=condition=Ready', 'gatewayroute/tenant', '--timeout=60s']);
});

afterAll(async () => {
  await arena.kubectl.delete([grant, namespaceObject(tenant)]);
});

function attachment(from: 'All' | 'Same'): ApiCall {
  return {
    method: 'PATCH',
    path: `/apis/evergate.dev/v1alpha1/namespaces/${arenaNamespace}/gatewayfleets/${fleetName}`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/spec/listeners/1/allowedRoutes/namespaces/from', value: from }],
  };
}

const notFound: Expectation = { status: 404 };
/** A rule whose backend may not be used answers so, as Gateway API asks. */
const broken: Expectation = { status: 500 };

test.each([
  ['a route', deleteRoute(tenant, 'tenant'), createRoute(route), notFound],
  ['a grant', { method: 'DELETE', path: `${grants}/tenant` }, { method: 'POST', path: grants, body: grant }, broken],
  ['the permission to attach', attachment('Same'), attachment('All'), notFound],
] as const)(
  '%s that is taken away stops its traffic in every pod at once',
  async (what, take, give, after) => {
    const question = { host, path: '/' };
    const served: Expectation = { status: 200 };
    const steps = Array.from({ length: TIMES }, (): readonly Step[] => [
      { name: `take ${what}`, calls: [take], question, until: after, before: [served] },
      { name: `give ${what}`, calls: [give], question, until: served, before: [after, notFound] },
    ]).flat();
    const bare = await bareMs(arena);
    const results = await probe(arena, steps, { gapMs: GAP_MS, targets: await gatewayTargets(arena, 81) });
    const taken = effectiveMs(results.filter(({ name }) => name.startsWith('take')));
    await record(`Withdrawal of ${what}, ${TIMES} times`, {
      ...distribution('stopped in every pod', taken),
      ...distribution('given again', effectiveMs(results.filter(({ name }) => name.startsWith('give')))),
      'p99 within its bound': verdict(quantile(taken, 0.99), BOUND_MS, bare <= FIT_MS),
      'two bare changes and watches, p99 ms': bare,
    });
    expect(flaws(results)).toEqual([]);
    expect(Math.max(...taken)).toBeLessThan(10_000);
    if (bare <= FIT_MS) expect(quantile(taken, 0.99)).toBeLessThan(BOUND_MS);
  },
  TEST_MS,
);
