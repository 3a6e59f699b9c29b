import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/** Chooses among endpoints that may all be used. One instance a backend, kept over reloads. */
export interface Balancer {
  /** `endpoints` is not empty. */
  pick(endpoints: readonly UpstreamEndpoint[]): UpstreamEndpoint;
}
