import { backendId, defaultHealthPrefix } from '@evergate/contract/names';
import type { BackendSettings, FleetSettings, Match, Rule } from '@evergate/contract/routeTable';
import type { FleetContent } from '@evergate/operator/deliver/publication';
import { benchHost, benchPrefix } from '../scenario.ts';
import { connectTimeoutSeconds, upstreamTimeoutSeconds } from './target.ts';

const NAMESPACE = 'bench';
const LISTENER = 'http';
const OTHER_HOSTS = 20;
const RULES_PER_HOST = 5;
const upstream = backendId(NAMESPACE, 'upstream', 80);

/**
 * What a fleet of an ordinary size serves: a hundred and one rules on twenty-one hosts, of which the load uses one, so that the
 * figure has matching in it. Everything goes to the one upstream; metrics are on, the access log is off.
 */
export function benchContent(port: number, upstreamPort: number): FleetContent {
  return {
    settings: settings(port),
    rules: [benchRule(), ...otherRules()],
    backends: [backend()],
    endpoints: [
      {
        id: upstream,
        endpoints: [{ address: '127.0.0.1', port: upstreamPort, ready: true, serving: true, terminating: false }],
      },
    ],
    gateways: 1,
    secrets: [],
  };
}

function settings(port: number): FleetSettings {
  return {
    listeners: [{ name: LISTENER, port, protocol: 'HTTP' }],
    clientTraffic: {
      clientAddress: { trustedHops: 0, trustedCIDRs: [] },
      headerTimeoutMs: 10_000,
      idleTimeoutMs: 3_600_000,
      maxHeaderBytes: 32_768,
      maxHeaderCount: 100,
      maxTargetBytes: 8_192,
      maxRequestBodyBytes: 0,
      maxConnections: 10_000,
    },
    healthPrefix: defaultHealthPrefix,
    shutdown: { propagationDelayMs: 0, drainTimeoutMs: 1_000 },
    telemetry: { accessLog: { mode: 'None', percent: 0 }, metrics: { perRoute: 'All' } },
  };
}

function backend(): BackendSettings {
  return {
    id: upstream,
    loadBalancing: { policy: 'RoundRobin' },
    connectTimeoutMs: connectTimeoutSeconds * 1_000,
  };
}

function benchRule(): Rule {
  return rule('bench', 0, benchHost, prefix(benchPrefix));
}

/** Each host has prefixes of several depths, one of them bound to a method. */
function otherRules(): readonly Rule[] {
  return Array.from({ length: OTHER_HOSTS * RULES_PER_HOST }, (_, index) => {
    const host = Math.floor(index / RULES_PER_HOST);
    const position = index % RULES_PER_HOST;
    const match = prefix(`/api/v${position}/orders`);
    const bound = position === 0 ? { ...match, method: 'GET' } : match;
    return rule(`shop-${host}`, position, `shop-${host}.example.com`, bound);
  });
}

function prefix(value: string): Match {
  return { path: { type: 'PathPrefix', value }, headers: [], queryParams: [] };
}

function rule(route: string, position: number, hostname: string, match: Match): Rule {
  return {
    id: `${NAMESPACE}/${route}/${position}`,
    route: { namespace: NAMESPACE, name: route, uid: route, generation: 1, createdAt: 0 },
    name: `${position}`,
    position,
    listeners: [LISTENER],
    hostnames: [hostname],
    matches: [match],
    filters: [],
    backends: [{ backend: upstream, weight: 1 }],
    timeouts: { requestMs: upstreamTimeoutSeconds * 1_000 },
    limits: {},
  };
}
