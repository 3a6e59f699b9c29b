import { type EndpointOwner, UpstreamEndpoint } from '../../src/upstream/endpoint.ts';

/** Wants nothing of endpoints. */
export const plainOwner: EndpointOwner = {
  connectTimeoutMs: 1_000,
  passiveHealth: undefined,
  slowStartMs: 0,
  mayEject: () => true,
  onHealthChanged() {},
  onConnectionOpening() {},
  onConnectionClosed() {},
};

export function endpointsOf(count: number, owner: EndpointOwner = plainOwner): UpstreamEndpoint[] {
  return Array.from(
    { length: count },
    (_, index) => new UpstreamEndpoint(`10.0.${index >> 8}.${index & 255}`, 80, owner),
  );
}
