import type { FleetSettings } from '@evergate/contract/routeTable';
import type { LineWriter } from './lineWriter.ts';

export type AccessLogSettings = FleetSettings['telemetry']['accessLog'];

const MAX_CHARACTERS = 1_024;

/**
 * What the log wants to know of a finished request. The request path hands over its own object, so that a request that is not
 * logged costs nothing.
 */
export interface AccessRecord {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly requestId: string;
  readonly traceId: string;
  readonly clientAddress: string;
  readonly method: string;
  readonly host: string;
  /** Without the query: it may hold secrets, so the log says only whether there was one. */
  readonly path: string;
  readonly hasQuery: boolean;
  readonly userAgent: string | undefined;
  /** 0 where no head was sent. */
  readonly status: number;
  /** Why the gateway answered by itself, or what broke. */
  readonly reason: string | undefined;
  /** The client went away before the end. */
  readonly aborted: boolean;
  readonly durationMs: number;
  /** Until the backend's first byte; undefined where none came. */
  readonly firstByteMs: number | undefined;
  /** Of the bodies. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Undefined where none matched. */
  readonly rule: AccessRule | undefined;
  /** What found out who asks; undefined where nobody asked. */
  readonly auth: string | undefined;
  /** The limit that refused it, or in a dry run would have. */
  readonly limit: string | undefined;
  readonly backend: string | undefined;
  /** `address:port` of the last attempt. */
  readonly endpoint: string | undefined;
  /** What was known of it then; left out while it is `Healthy`. */
  readonly endpointState: string | undefined;
  readonly attempts: number;
  /** The attempts before that one, or all that failed. */
  readonly failedTries: readonly FailedTryRecord[] | undefined;
}

/** An attempt that failed, and why. */
export interface FailedTryRecord {
  /** `address:port`. */
  readonly endpoint: string;
  readonly failure: string;
  readonly durationMs: number;
}

/** What the log names of a `Rule`. */
export interface AccessRule {
  readonly name: string;
  readonly route: { readonly namespace: string; readonly name: string };
}

/** The access log: one JSON line a request, for those that the fleet's settings ask for. */
export class AccessLog {
  readonly #writer: Pick<LineWriter, 'write'>;
  readonly #random: () => number;
  #settings: AccessLogSettings = { mode: 'None', percent: 0 };

  /** `random` is uniform from 0 to below 1. */
  constructor(writer: Pick<LineWriter, 'write'>, random: () => number = Math.random) {
    this.#writer = writer;
    this.#random = random;
  }

  /** Takes over the settings of a new table. */
  configure(settings: AccessLogSettings): void {
    this.#settings = settings;
  }

  /** Logs a finished request where the mode asks for it. `Errors` are answers of 500 or more, and what was aborted. */
  record(request: AccessRecord): void {
    if (this.#wants(request)) this.#writer.write(formatRecord(request));
  }

  #wants(request: AccessRecord): boolean {
    switch (this.#settings.mode) {
      case 'None':
        return false;
      case 'Errors':
        return request.status >= 500 || request.aborted;
      case 'Sampled':
        return this.#random() * 100 < this.#settings.percent;
      case 'All':
        return true;
    }
  }
}

/** Absent fields are left out; `JSON.stringify` escapes quotes and control characters, so no value can forge a line. */
function formatRecord(request: AccessRecord): string {
  const { rule } = request;
  return JSON.stringify({
    time: new Date(request.startedAt).toISOString(),
    log: 'access',
    requestId: request.requestId,
    traceId: request.traceId,
    client: request.clientAddress,
    method: cut(request.method),
    host: cut(request.host),
    path: cut(request.path),
    query: request.hasQuery,
    userAgent: cut(request.userAgent),
    status: request.status,
    reason: request.reason,
    aborted: request.aborted,
    durationMs: microseconds(request.durationMs),
    firstByteMs: microseconds(request.firstByteMs),
    requestBytes: request.requestBytes,
    responseBytes: request.responseBytes,
    namespace: rule?.route.namespace,
    route: rule?.route.name,
    rule: rule?.name,
    auth: request.auth,
    limit: request.limit,
    backend: request.backend,
    endpoint: request.endpoint,
    endpointState: request.endpointState === 'Healthy' ? undefined : request.endpointState,
    attempts: request.attempts,
    failedTries: request.failedTries,
  });
}

function cut(value: string | undefined): string | undefined {
  if (value === undefined || value.length <= MAX_CHARACTERS) return value;
  return `${value.slice(0, MAX_CHARACTERS)}…`;
}

/** Milliseconds with three digits behind the point. */
function microseconds(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : Math.round(durationMs * 1_000) / 1_000;
}
