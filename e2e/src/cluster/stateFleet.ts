import { identityHeader } from '../requestId.ts';
import { type Arena, arenaNamespace } from './arena.ts';
import { fleetSettled } from './fleet.ts';
import { authObjects, type Placed, upstreamObjects } from './instruments.ts';
import { primaryName, sentinelEndpoints } from './redis.ts';
import { backendRule, routeObject } from './routes.ts';

const fleet = 'state';
const backend = 'state-backend';
const header = identityHeader;

/** The service that decides for the route `checked`. */
export const authService = 'state-auth';
/** How the client finds the fleet. */
export const stateAddress: string = `${fleet}.${arenaNamespace}`;
/** What the route `limited` lets pass in a second, all gateways together. */
export const LIMIT = 15;
/** So long a decision of the service is good without asking again. */
export const DECISION_SECONDS = 5;

/** What each route asks of a request; its name is its path. */
const policies: Readonly<Record<StateRoute, object>> = {
  plain: {},
  limited: { rateLimits: [{ name: 'shared', key: { type: 'Route' }, requests: LIMIT, window: '1s' }] },
  remembered: { auth: { anyOf: [session('Cached')] } },
  strict: { auth: { anyOf: [session('Deny')] } },
  checked: { auth: { anyOf: [external()] } },
};

export type StateRoute = 'plain' | 'limited' | 'remembered' | 'strict' | 'checked';

function session(onFailure: 'Deny' | 'Cached'): object {
  const from = { type: 'Cookie', name: 'sid' };
  return { type: 'Session', session: { from, identityHeaders: [{ field: 'user', header }], onFailure } };
}

function external(): object {
  const settings = {
    backendRef: { name: authService, port: 80 },
    timeout: '1s',
    forwardHeaders: ['Authorization'],
    identityHeaders: [header],
    cache: { ttl: `${DECISION_SECONDS}s`, staleIfError: '5m' },
    circuitBreaker: { openDuration: '2s' },
  };
  return { type: 'External', external: settings };
}

/** A fleet of three that shares a Redis, a route for each way to need what is shared, and what stands behind them. */
export function stateObjects(placed: Placed): readonly object[] {
  const routes = Object.entries(policies).map(([name, policy]) => {
    return routeObject({ name: `state-${name}`, fleet, rules: [{ ...backendRule(`/${name}`, backend), ...policy }] });
  });
  const spec = {
    listeners: [{ name: 'http', port: 80 }],
    service: { type: 'ClusterIP' },
    shutdown: { propagationDelay: '1s', drainTimeout: '2s' },
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    // Long, so that a machine that stands still is not taken for a Redis that is gone.
    redis: { commandTimeout: '2s', mode: 'Sentinel', primaryName, endpoints: sentinelEndpoints },
  };
  const metadata = { name: fleet, namespace: placed.namespace };
  return [
    { apiVersion: 'evergate.dev/v1alpha1', kind: 'GatewayFleet', metadata, spec },
    ...routes,
    ...upstreamObjects(placed, { name: backend, replicas: 2 }),
    ...authObjects(placed, authService),
  ];
}

/** Resolves when every route is served. */
export async function installStateFleet(arena: Arena): Promise<readonly object[]> {
  const objects = stateObjects({ namespace: arenaNamespace, image: arena.instrumentsImage });
  const inArena = (...args: readonly string[]) => arena.kubectl.run(['-n', arenaNamespace, ...args]);
  await arena.kubectl.apply(objects);
  await fleetSettled(arena, 3, fleet);
  for (const name of [backend, authService]) await inArena('rollout', 'status', `deployment/${name}`, '--timeout=120s');
  const routes = Object.keys(policies).map((name) => `gatewayroute/state-${name}`);
  await inArena('wait', '--for=condition=Ready', '--timeout=60s', ...routes);
  return objects;
}
