import { parseDuration } from '@evergate/contract/duration';
import type { FleetListener, GatewayFleet } from '@evergate/crds/gatewayFleet';

/** A gateway as the load balancer in front reaches it. */
export interface GatewayAddress {
  /** `host:port`, an IPv6 address in brackets. */
  readonly address: string;
  /** Its share of the requests, beside those of the others. */
  readonly weight: number;
}

export const balances = ['least-conn', 'round-robin'] as const;
export type Balance = (typeof balances)[number];

/** Where TLS ends: files on the machine of the load balancer. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface LoadBalancerWishes {
  readonly gateways: readonly GatewayAddress[];
  readonly balance: Balance;
  readonly certificate: Certificate | undefined;
  /** The port that clients connect to. */
  readonly port: number;
  /** Seconds that a gateway may take between two reads of its response. */
  readonly readTimeoutSeconds: number;
}

/** What a configuration says, whichever program reads it. */
export interface LoadBalancer extends LoadBalancerWishes {
  /** `<namespace>/<name>` of the fleet. */
  readonly fleet: string;
  /** Empty for any. */
  readonly hostname: string;
  /** Failures within `failSeconds` that take a gateway out, for as long. */
  readonly maxFails: number;
  readonly failSeconds: number;
  readonly connectTimeoutSeconds: number;
  /** Connections to gateways are kept for less than gateways keep them, so that none is used at the moment it is closed. */
  readonly keptSeconds: number;
  /** Where gateways say on their data port whether they are ready; undefined where that is switched off. */
  readonly healthPath: string | undefined;
}

/** What stands in front of a fleet's listener. Pure. */
export function loadBalancer(fleet: GatewayFleet, listener: FleetListener, wishes: LoadBalancerWishes): LoadBalancer {
  const { idleTimeout, healthPathPrefix } = fleet.spec.clientTraffic;
  return {
    ...wishes,
    fleet: `${fleet.metadata.namespace ?? 'default'}/${fleet.metadata.name}`,
    hostname: listener.hostname ?? '',
    maxFails: 3,
    failSeconds: 30,
    connectTimeoutSeconds: 5,
    keptSeconds: Math.max(1, Math.floor((parseDuration(idleTimeout) ?? 0) / 2_000)),
    healthPath: healthPathPrefix === '' ? undefined : `${healthPathPrefix}/health/ready`,
  };
}
