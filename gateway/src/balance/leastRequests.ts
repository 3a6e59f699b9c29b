import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Balancer } from './balancer.ts';

/** Larger sets are looked at through a window that moves on, so that a pick stays cheap. */
const WINDOW = 64;

/** The endpoint with the fewest requests in flight; equal ones take turns. */
export class LeastRequests implements Balancer {
  #start = 0;

  pick(endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint {
    const count = endpoints.length;
    if (++this.#start >= count) this.#start = 0;
    let index = this.#start;
    let best = endpoints[index] as UpstreamEndpoint;
    for (let left = Math.min(count, WINDOW) - 1; left > 0 && best.inFlight > 0; left--) {
      if (++index >= count) index = 0;
      const candidate = endpoints[index] as UpstreamEndpoint;
      if (candidate.inFlight < best.inFlight) best = candidate;
    }
    return best;
  }
}
