import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Balancer } from './balancer.ts';

/** Each endpoint in turn. */
export class RoundRobin implements Balancer {
  #next = 0;

  pick(endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint {
    if (this.#next >= endpoints.length) this.#next = 0;
    return endpoints[this.#next++] as UpstreamEndpoint;
  }
}
