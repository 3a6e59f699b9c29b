import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Balancer } from './balancer.ts';

/** Of two endpoints taken at random the one with fewer requests in flight (Mitzenmacher, "The Power of Two Choices"). */
export class Random implements Balancer {
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  pick(endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint {
    const count = endpoints.length;
    const first = Math.floor(this.#random() * count);
    const one = endpoints[first] as UpstreamEndpoint;
    if (count === 1) return one;
    const step = 1 + Math.floor(this.#random() * (count - 1));
    const other = endpoints[(first + step) % count] as UpstreamEndpoint;
    return other.inFlight < one.inFlight ? other : one;
  }
}
