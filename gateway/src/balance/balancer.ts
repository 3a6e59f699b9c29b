import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/** Chooses among endpoints that may all be used. One instance a backend, kept over reloads. */
export interface Balancer {
  /** Hears of all endpoints of the backend, whether they may be used or not, before the first pick and when they change. */
  prepare?(endpoints: readonly UpstreamEndpoint[]): void;
  /** `endpoints` is not empty. `hash` stands for what of the request decides: a whole number below 2^32. */
  pick(endpoints: readonly UpstreamEndpoint[], hash: number): UpstreamEndpoint;
}
