import { knownFeatures, readableVersions } from '@evergate/contract/document';
import type { BackendReport } from './adminPort.ts';
import type { Drain } from './drain.ts';
import type { AuthProcess } from './policy/authProcess.ts';
import type { ReloadStatus } from './reload/reloadStatus.ts';
import type { Contact } from './reload/watchSource.ts';
import type { Serving } from './serving.ts';
import type { StaleReason } from './staleness.ts';
import type { BreakerReport, ComponentStatus, Readiness, RevisionReport } from './statusPort.ts';
import type { Backend } from './upstream/backend.ts';

const MAX_SERVICES = 20;

/** Whether documents come as they should. */
export interface DeliveryReport {
  readonly stale: readonly StaleReason[];
  /** Undefined for a gateway that does not watch. */
  readonly contact: Contact | undefined;
}

/**
 * Ready while it serves a table on all its ports, and, draining, until the propagation delay is over. What it serves may be old: that is
 * better than nothing, and no reason to take every pod out of service at once.
 */
export function readiness(
  serving: Serving,
  drain: Drain,
  { stale, contact }: DeliveryReport,
  dependencies: Readiness['components'],
): Readiness {
  const details = serving.problems.map(({ name, port, error }) => [name, `port ${port}: ${error.message}`]);
  return {
    ready: serving.ready && !drain.leaving,
    components: {
      table: { status: serving.hasTable ? 'UP' : 'DOWN' },
      listeners: { status: serving.listening ? 'UP' : 'DOWN', details: Object.fromEntries(details) },
      delivery: {
        status: stale.length === 0 ? 'UP' : 'DOWN',
        details: { stale: stale.join(', '), lostSince: timeOf(contact?.lostSince) },
      },
      ...dependencies,
    },
  };
}

/** What the status port says of the documents. Rules left out of a table are refused as much as a whole document is. */
export function revisionReport(status: ReloadStatus, drain: Drain, { stale, contact }: DeliveryReport): RevisionReport {
  const { documents, waitingRules, refused, leftOut } = status;
  return {
    documents,
    stale: stale.length > 0,
    staleBecause: stale,
    contact: contact === undefined ? null : { lost: timeOf(contact.lostSince), last: timeOf(contact.lastAt) },
    waitingRules,
    refused: [...refused, ...leftOut],
    reads: readableVersions,
    features: knownFeatures,
    draining: drain.draining,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** Redis and the services that authenticate: found out in the background, never by whoever asks. */
export function dependencies({ state, services }: AuthProcess): Readiness['components'] {
  const { status } = state;
  const redis = status === undefined ? [] : [['redis', componentOf(status.up, status.since)] as const];
  const auth = [...services].slice(0, MAX_SERVICES).map(({ settings, status: { up, since } }) => {
    return [`auth ${settings.backend}`, componentOf(up, since)] as const;
  });
  return Object.fromEntries([...redis, ...auth]);
}

function componentOf(up: boolean, since: number): ComponentStatus {
  return { status: up ? 'UP' : 'DOWN', details: { since: timeOf(since) } };
}

/** What the admin port says of backends, one at a time. */
export function* backendReports(backends: Iterable<Backend>, now: number): Generator<BackendReport> {
  for (const backend of backends) {
    const usable = new Set(backend.selection(now).candidates);
    yield {
      id: backend.id,
      policy: backend.settings.loadBalancing.policy,
      endpoints: [...backend.endpoints].map((endpoint) => ({
        address: endpoint.authority,
        usable: usable.has(endpoint),
        inFlight: endpoint.inFlight,
        idleConnections: endpoint.idleConnections,
        state: endpoint.health.state,
      })),
    };
  }
}

/** What the status port says of circuit breakers: of the backends that have one. */
export function breakerReports(backends: Iterable<Backend>, now: number): readonly BreakerReport[] {
  const reports: BreakerReport[] = [];
  for (const { id, breaker } of backends) {
    if (breaker === undefined) continue;
    const { state, since, failureRate, slowRate } = breaker;
    reports.push({ backend: id, state, forMs: Math.round(now - since), failureRate, slowRate });
  }
  return reports;
}
