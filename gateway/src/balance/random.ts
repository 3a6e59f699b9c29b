import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Balancer } from './balancer.ts';

/** Any endpoint, each as likely. */
export class Random implements Balancer {
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  pick(endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint {
    return endpoints[Math.floor(this.#random() * endpoints.length)] as UpstreamEndpoint;
  }
}
