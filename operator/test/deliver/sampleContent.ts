import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings, FleetSettings, Rule } from '@evergate/contract/routeTable';
import { sampleSettings } from '@evergate/contract/test/sampleSettings';
import type { Identity } from '../../src/deliver/documents.ts';
import type { FleetContent } from '../../src/deliver/publication.ts';

export const identity: Identity = { fleetUID: 'uid-1', fleet: { namespace: 'shop', name: 'edge' }, epoch: 1 };

export const settings: FleetSettings = sampleSettings();

export function sampleRule(number: number, path = `/api/${number}`): Rule {
  const route = `route-${number}`;
  return {
    id: `shop/${route}/api`,
    route: { namespace: 'shop', name: route, uid: `uid-${number}`, generation: 1, createdAt: 1_700_000_000 },
    name: 'api',
    position: 0,
    listeners: ['http'],
    hostnames: [`h${number % 100}.example.com`],
    matches: [{ path: { type: 'PathPrefix', value: path }, method: 'GET', headers: [], queryParams: [] }],
    filters: [{ type: 'RequestHeaderModifier', edit: { set: [['x-shop', '1']], add: [], remove: ['x-debug'] } }],
    backends: [{ backend: `shop/service-${number % 50}:80`, weight: 1 }],
    timeouts: { requestMs: 1000 },
    limits: {},
  };
}

export function sampleEndpoints(number: number): BackendEndpoints {
  const endpoint = { port: 8080, ready: true, serving: true, terminating: false };
  const addresses = ['10.0.0.1', '10.0.0.2'];
  return { id: `shop/service-${number}:80`, endpoints: addresses.map((address) => ({ address, ...endpoint })) };
}

export function sampleBackend(number: number): BackendSettings {
  return { id: `shop/service-${number}:80`, loadBalancing: { policy: 'RoundRobin' }, connectTimeoutMs: 5000 };
}

/** A fleet of `routes` routes over at most 50 backends. */
export function sampleContent(routes: number): FleetContent {
  const backends = Array.from({ length: Math.min(routes, 50) }, (_, number) => number);
  return {
    settings,
    rules: Array.from({ length: routes }, (_, number) => sampleRule(number)),
    backends: backends.map(sampleBackend),
    endpoints: backends.map(sampleEndpoints),
    gateways: 3,
    secrets: [],
  };
}
