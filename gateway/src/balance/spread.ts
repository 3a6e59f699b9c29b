import type { BackendSettings } from '@evergate/contract/routeTable';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Selection } from '../upstream/selection.ts';
import type { Balancer } from './balancer.ts';
import { createBalancer } from './createBalancer.ts';

type Policy = BackendSettings['loadBalancing']['policy'];

/** A near endpoint with more requests in flight than this times those of a far one, and a few, is passed over. */
const BUSIER = 2;
const BUSIER_SLACK = 4;

/**
 * Spreads the requests of one backend over what its selection offers: near endpoints first, each by the policy, and a new one by
 * and by. Keeps its place over reloads.
 */
export class Spread {
  #policy: Policy;
  #balancer: Balancer;
  /** For whatever is chosen beside the main list, so that neither loses its place to the other. */
  #aside: Balancer;
  readonly #random: () => number;

  /** `random` is uniform from 0 to below 1. */
  constructor(policy: Policy, random: () => number) {
    this.#policy = policy;
    this.#balancer = createBalancer(policy);
    this.#aside = createBalancer(policy);
    this.#random = random;
  }

  configure(policy: Policy, endpoints: readonly UpstreamEndpoint[]): void {
    if (policy === this.#policy) return;
    this.#policy = policy;
    this.#balancer = createBalancer(policy);
    this.#aside = createBalancer(policy);
    this.prepare(endpoints);
  }

  /** Hears of all endpoints, usable or not. */
  prepare(endpoints: readonly UpstreamEndpoint[]): void {
    this.#balancer.prepare?.(endpoints);
    this.#aside.prepare?.(endpoints);
  }

  /** `selection` has candidates. */
  pick(selection: Selection, hash: number, now: number): UpstreamEndpoint {
    const chosen = this.#pickByZone(selection, hash);
    if (!selection.warming) return chosen;
    const { health } = chosen;
    if (health.warmAt() <= now || this.#random() < health.warmth(now)) return chosen;
    const warm = selection.candidates.filter((endpoint) => endpoint.health.warmAt() <= now);
    return warm.length === 0 ? chosen : this.#aside.pick(warm, hash);
  }

  /** One of a list that is chosen from beside the selection. */
  pickOf(endpoints: readonly UpstreamEndpoint[], hash: number): UpstreamEndpoint {
    return this.#aside.pick(endpoints, hash);
  }

  #pickByZone({ near, far, nearShare }: Selection, hash: number): UpstreamEndpoint {
    if (far.length === 0) return this.#balancer.pick(near, hash);
    if (nearShare < 1 && this.#random() >= nearShare) return this.#aside.pick(far, hash);
    const chosen = this.#balancer.pick(near, hash);
    if (chosen.inFlight <= BUSIER_SLACK) return chosen;
    const other = this.#aside.pick(far, hash);
    return chosen.inFlight > other.inFlight * BUSIER + BUSIER_SLACK ? other : chosen;
  }
}
