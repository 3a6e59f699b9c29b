import { readableVersions } from '@evergate/contract/document';
import type { BackendReport } from './adminPort.ts';
import type { Drain } from './drain.ts';
import type { ReloadStatus } from './reload/reloadStatus.ts';
import type { Serving } from './serving.ts';
import type { Readiness, RevisionReport } from './statusPort.ts';
import type { Backend } from './upstream/backend.ts';

/** Ready while it serves a table on all its ports, and, draining, until the propagation delay is over. */
export function readiness(serving: Serving, drain: Drain): Readiness {
  const details = serving.problems.map(({ name, port, error }) => [name, `port ${port}: ${error.message}`]);
  return {
    ready: serving.ready && !drain.leaving,
    components: {
      table: { status: serving.hasTable ? 'UP' : 'DOWN' },
      listeners: { status: serving.ready ? 'UP' : 'DOWN', details: Object.fromEntries(details) },
    },
  };
}

/** What the status port says of the documents. Rules left out of a table are refused as much as a whole document is. */
export function revisionReport(status: ReloadStatus, drain: Drain): RevisionReport {
  const { documents, stale, waitingRules, refused, leftOut } = status;
  return {
    documents,
    stale,
    waitingRules,
    refused: [...refused, ...leftOut],
    reads: readableVersions,
    draining: drain.draining,
  };
}

/** What the admin port says of backends, one at a time. */
export function* backendReports(backends: Iterable<Backend>, now: number): Generator<BackendReport> {
  for (const backend of backends) {
    const usable = new Set(backend.usable);
    yield {
      id: backend.id,
      policy: backend.policy,
      endpoints: [...backend.endpoints].map((endpoint) => ({
        address: endpoint.authority,
        usable: usable.has(endpoint) && endpoint.mayConnect(now),
        inFlight: endpoint.inFlight,
        idleConnections: endpoint.idleConnections,
        connectFailed: endpoint.connectFailedAt !== undefined,
      })),
    };
  }
}
