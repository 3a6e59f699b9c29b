import type { ServerResponse } from 'node:http';
import type { DocumentOrder } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { Logger } from '@evergate/process/log';
import { type SideHandler, SidePort, sendJson, sendText } from '@evergate/process/sidePort';
import { type Metrics, metricsContentType } from './observe/metrics.ts';
import { Turns } from './observe/turns.ts';
import type { SourceName } from './reload/source.ts';
import type { StaleReason } from './staleness.ts';

const MAX_CONNECTIONS = 256;
const ANSWER_TIMEOUT_MS = 15_000;
const WAITING_SCRAPES = 4;
const LISTED = 100;
const LISTED_BREAKERS = 1_000;

/** One part that readiness looks at. `details` are small and hold nothing secret. */
export interface ComponentStatus {
  readonly status: 'UP' | 'DOWN';
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Readiness {
  readonly ready: boolean;
  /** The table and each dependency by name; one may be down while the gateway is ready. */
  readonly components: Readonly<Record<string, ComponentStatus>>;
}

/** A document as this gateway serves it. */
export interface ServedDocument extends DocumentOrder {
  /** When it was swapped in: RFC 3339. */
  readonly since: string;
  /** The liveliest source that has it. */
  readonly source: SourceName;
}

/** What this gateway serves: what the operator collects before it says that a route is live. */
export interface RevisionReport {
  /** Null for a document that none has come for. */
  readonly documents: Readonly<Record<DocumentKind, ServedDocument | null>>;
  /** Versions of the documents that this build reads. */
  readonly reads: readonly number[];
  /** What documents may require of a reader. */
  readonly features: readonly string[];
  /** What is served may be old. */
  readonly stale: boolean;
  readonly staleBecause: readonly StaleReason[];
  /** Null where the API server is not watched; RFC 3339. `lost`: since when some document is not followed. */
  readonly contact: { readonly lost: string | null; readonly last: string | null } | null;
  readonly draining: boolean;
  /** Ids of rules that wait for endpoints or secrets. */
  readonly waitingRules: readonly string[];
  /** Why the newest document was refused; empty while none is. */
  readonly refused: readonly Problem[];
}

/** A circuit breaker as this gateway sees it: what the operator makes a condition of the backend's policy of. */
export interface BreakerReport {
  /** `backendId`. */
  readonly backend: string;
  readonly state: 'Closed' | 'HalfOpen' | 'Open';
  /** How long it has been so. */
  readonly forMs: number;
  /** Of a hundred calls, as many as are looked at. */
  readonly failureRate: number;
  readonly slowRate: number;
}

export interface StatusPortOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'write'>;
  readonly readiness: () => Readiness;
  readonly revision: () => RevisionReport;
  readonly breakers: () => readonly BreakerReport[];
}

/**
 * The port on the pod's address: health, metrics and what is served, for the kubelet, Prometheus and the operator. GET and HEAD only;
 * nothing secret. It listens before the first table, so that a starting pod says why it is not ready.
 */
export function createStatusPort(options: StatusPortOptions): SidePort {
  const { host, port, log, readiness, revision, breakers } = options;
  return new SidePort({
    name: 'status',
    host,
    port,
    log,
    maxConnections: MAX_CONNECTIONS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    handlers: {
      '/health/live': get((response) => sendJson(response, 200, { status: 'UP' })),
      '/health/ready': get((response) => sendReadiness(response, readiness())),
      '/metrics': scrape(options.metrics),
      '/breakers': get((response) => sendJson(response, 200, breakersOf(breakers()))),
      '/revision': get((response) =>
        sendJson(response, 200, { ...reportOf(revision()), tripped: trippedOf(breakers()) }),
      ),
    },
  });
}

function get(serve: SideHandler['serve']): SideHandler {
  return { methods: ['GET', 'HEAD'], serve };
}

function sendReadiness(response: ServerResponse, { ready, components }: Readiness): void {
  const entries = Object.entries(components).map(([name, { status, details }]) => [name, { ...details, status }]);
  sendJson(response, ready ? 200 : 503, { status: ready ? 'UP' : 'DOWN', ...Object.fromEntries(entries) });
}

/** One scrape at a time: two would hold requests up twice as often, and each costs its own memory. */
function scrape(metrics: Pick<Metrics, 'write'>): SideHandler {
  const turns = new Turns(WAITING_SCRAPES);
  return get(async (response, signal) => {
    const endTurn = await turns.take();
    if (endTurn === undefined) return sendText(response, 503, 'too many scrapes at once; try again later');
    try {
      signal.throwIfAborted();
      response.writeHead(200, { 'content-type': metricsContentType, 'cache-control': 'no-store' });
      await metrics.write(response, signal);
      response.end();
    } finally {
      endTurn();
    }
  });
}

/** Backends whose breaker is not closed: in the answer that the operator asks for anyway. */
function trippedOf(reports: readonly BreakerReport[]): unknown {
  const backends = reports.flatMap(({ backend, state }) => (state === 'Closed' ? [] : [backend]));
  return { count: backends.length, backends: backends.slice(0, LISTED) };
}

/** Breakers that are not closed come first, so that a cut list never hides one behind those that are. */
function breakersOf(reports: readonly BreakerReport[]): unknown {
  const tripped = reports.filter(({ state }) => state !== 'Closed');
  const closed = reports.filter(({ state }) => state === 'Closed');
  return {
    count: reports.length,
    tripped: tripped.length,
    breakers: [...tripped, ...closed].slice(0, LISTED_BREAKERS),
  };
}

/** Lists are cut, so that a table of broken rules does not make an endless answer; the counts are whole. */
function reportOf(report: RevisionReport): object {
  const { documents, reads, features, stale, staleBecause, contact, draining, waitingRules, refused } = report;
  return {
    ...documents,
    reads,
    features,
    stale,
    staleBecause,
    contact,
    draining,
    waiting: { count: waitingRules.length, rules: waitingRules.slice(0, LISTED) },
    refused: { count: refused.length, problems: refused.slice(0, LISTED) },
  };
}
