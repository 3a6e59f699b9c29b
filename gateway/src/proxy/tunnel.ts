import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/**
 * Joins an upgraded connection with the backend's, both ways with backpressure. It lasts until both directions have ended or one side
 * breaks, over any number of reloads, and counts as a request in flight of its endpoint.
 */
export function openTunnel(client: Duplex, backend: Duplex, endpoint: UpstreamEndpoint): void {
  endpoint.inFlight++;
  let open = 2;
  const ended = (error?: Error | null): void => {
    open--;
    if (error) {
      client.destroy();
      backend.destroy();
    }
    if (open === 0) endpoint.inFlight--;
  };
  pipeline(client, backend, ended);
  pipeline(backend, client, ended);
}
