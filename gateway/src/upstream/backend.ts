import type { BackendEndpoints, Endpoint } from '@evergate/contract/endpoints';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { Balancer } from '../balance/balancer.ts';
import { createBalancer } from '../balance/createBalancer.ts';
import { UpstreamEndpoint } from './endpoint.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** A Service's port: its endpoints, their state and how to choose among them. Kept over reloads. */
export class Backend {
  readonly id: string;
  /** Its cells in the backend counters. */
  readonly slot: number;
  #policy: BackendSettings['loadBalancing']['policy'] = 'LeastRequests';
  #connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS;
  #balancer: Balancer = createBalancer('LeastRequests');
  #endpoints = new Map<string, UpstreamEndpoint>();
  #usable: readonly UpstreamEndpoint[] = [];
  #clusterAddress: UpstreamEndpoint | undefined;

  constructor(id: string, slot: number) {
    this.id = id;
    this.slot = slot;
  }

  get policy(): BackendSettings['loadBalancing']['policy'] {
    return this.#policy;
  }

  /** Endpoints that may be chosen now. */
  get usable(): readonly UpstreamEndpoint[] {
    return this.#usable;
  }

  get endpoints(): Iterable<UpstreamEndpoint> {
    return this.#endpoints.values();
  }

  get clusterAddress(): UpstreamEndpoint | undefined {
    return this.#clusterAddress;
  }

  configure(settings: BackendSettings): void {
    this.#connectTimeoutMs = settings.connectTimeoutMs;
    if (settings.loadBalancing.policy === this.#policy) return;
    this.#policy = settings.loadBalancing.policy;
    this.#balancer = createBalancer(this.#policy);
  }

  /** Takes over a new list; addresses that stay keep their connections and state. */
  update(listed: BackendEndpoints | undefined): void {
    const before = this.#endpoints;
    this.#endpoints = new Map();
    for (const { address, port } of listed?.endpoints ?? []) {
      const key = `${address} ${port}`;
      this.#endpoints.set(key, before.get(key) ?? this.#createEndpoint(address, port));
    }
    for (const [key, endpoint] of before) if (!this.#endpoints.has(key)) endpoint.retire();
    this.#usable = usableOf(listed?.endpoints ?? []).map(
      ({ address, port }) => this.#endpoints.get(`${address} ${port}`) as UpstreamEndpoint,
    );
    this.#updateClusterAddress(listed?.clusterAddress);
  }

  /**
   * Where the next attempt goes: an endpoint that can be connected to as far as known, not `avoid`; once the latest attempt to connect
   * to every one has failed, the Service's cluster address; without one, any. Undefined where there is no endpoint at all.
   */
  pick(now: number, avoid?: UpstreamEndpoint): UpstreamEndpoint | undefined {
    const usable = this.#usable;
    if (usable.length === 0) return undefined;
    if (avoid !== undefined) return this.#pickOther(now, avoid);
    const first = this.#balancer.pick(usable);
    if (first.connectFailedAt === undefined) return first;
    return first.mayConnect(now) ? tryAgain(first, now) : this.#pickOther(now, first);
  }

  sweep(now: number): void {
    for (const endpoint of this.#endpoints.values()) endpoint.sweep(now);
    this.#clusterAddress?.sweep(now);
  }

  #pickOther(now: number, avoid: UpstreamEndpoint): UpstreamEndpoint {
    const others = this.#usable.filter((endpoint) => endpoint !== avoid);
    const healthy = others.filter((endpoint) => endpoint.connectFailedAt === undefined);
    if (healthy.length > 0) return this.#balancer.pick(healthy);
    const recovering = others.find((endpoint) => endpoint.mayConnect(now));
    if (recovering !== undefined) return tryAgain(recovering, now);
    return this.#clusterAddress ?? this.#balancer.pick(others.length > 0 ? others : this.#usable);
  }

  #updateClusterAddress(listed: BackendEndpoints['clusterAddress']): void {
    const current = this.#clusterAddress;
    if (current?.address === listed?.address && current?.port === listed?.port) return;
    current?.retire();
    this.#clusterAddress = listed === undefined ? undefined : this.#createEndpoint(listed.address, listed.port);
  }

  #createEndpoint(address: string, port: number): UpstreamEndpoint {
    return new UpstreamEndpoint(address, port, () => this.#connectTimeoutMs);
  }
}

/** Takes an endpoint for a try: until it is known how that ends, other requests need not try as well. */
function tryAgain(endpoint: UpstreamEndpoint, now: number): UpstreamEndpoint {
  endpoint.connectFailedAt = now;
  return endpoint;
}

/** Ready ones; while there is none, those that terminate but still serve (KEP-1669). */
function usableOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}
