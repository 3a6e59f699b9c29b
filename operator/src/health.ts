import { anyHost } from '@evergate/process/anyHost';
import type { Logger } from '@evergate/process/log';
import { SidePort, sendJson } from '@evergate/process/sidePort';
import type { Registry } from 'prom-client';

export interface HealthOptions {
  readonly port: number;
  readonly log: Logger;
  readonly registry: Registry;
  /** Whether everything that is watched is known, so that this process could lead. */
  readonly isSynced: () => boolean;
  readonly isLeader: () => boolean;
}

/** The operator's port: `/healthz` (the process), `/readyz` (its caches are complete), `/metrics`. GET only, nothing secret. */
export function createHealthPort({ port, log, registry, isSynced, isLeader }: HealthOptions): SidePort {
  return new SidePort({
    name: 'health',
    host: anyHost(),
    port,
    log,
    maxConnections: 64,
    answerTimeoutMs: 15_000,
    handlers: {
      '/healthz': { methods: ['GET', 'HEAD'], serve: (response) => sendJson(response, 200, { status: 'UP' }) },
      '/readyz': {
        methods: ['GET', 'HEAD'],
        serve(response) {
          const ready = isSynced();
          sendJson(response, ready ? 200 : 503, { status: ready ? 'UP' : 'DOWN', leader: isLeader() });
        },
      },
      '/metrics': {
        methods: ['GET', 'HEAD'],
        async serve(response) {
          const text = await registry.metrics();
          response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
          response.end(text);
        },
      },
    },
  });
}
