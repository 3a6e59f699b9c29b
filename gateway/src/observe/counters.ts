import type { DocumentOrder } from '@evergate/contract/document';
import { BackendCounters } from './backendCounters.ts';
import { Histogram } from './histogram.ts';
import { ReasonCounters } from './reasonCounters.ts';
import { RuleCounters } from './ruleCounters.ts';

/** Longer than the usual scrape interval, so that the last counts of a removed rule are still read. */
const GRACE_MS = 120_000;
const MAX_RULES = 200_000;
const MAX_BACKENDS = 200_000;

export interface CountersOptions<Reason extends string, Kind extends string> {
  /** Every reason for which the gateway answers by itself. */
  readonly reasons: readonly Reason[];
  /** Every kind of failure of an attempt to reach a backend. */
  readonly upstreamErrorKinds: readonly Kind[];
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * What a gateway counts while it serves: plain numbers and typed arrays, which the request path touches inline, and which
 * `metrics.ts` reads. A count never goes down; what says so is a gauge.
 */
export class Counters<Reason extends string = string, Kind extends string = string> {
  readonly rules: RuleCounters;
  readonly backends: BackendCounters;
  /** Of whole exchanges, first byte of the request to last of the response. */
  readonly requestDuration: Histogram = new Histogram();
  /** From the request's head to the first byte of the backend's response. */
  readonly firstByte: Histogram = new Histogram();
  readonly localAnswers: ReasonCounters<Reason>;
  readonly upstreamErrors: ReasonCounters<Kind>;

  connectionsAccepted = 0;
  connectionsRefused = 0;
  /** Gauge. */
  connectionsOpen = 0;
  /** Gauge. */
  requestsInFlight = 0;
  clientAborts = 0;
  upstreamConnects = 0;
  upstreamConnectFailures = 0;
  upstreamRetries = 0;
  /** Copies of requests that were not sent, because of a bound or because the request was not whole. */
  mirrorsDropped = 0;
  /** Gauge. */
  mirrorsInFlight = 0;
  /** Probes of endpoints, those that failed, and those that had to wait because too many were due. */
  probesSent = 0;
  probesFailed = 0;
  probesPostponed = 0;
  /** Of ExternalName Services: names looked up, without an answer, and addresses that must not be connected to. */
  dnsLookups = 0;
  dnsFailures = 0;
  dnsForbidden = 0;
  reloadsSucceeded = 0;
  reloadsRefused = 0;
  /** Lines of the access log and of the process's own. */
  logLinesDropped = 0;

  readonly #now: () => number;
  #table: { readonly order: DocumentOrder; readonly sinceMs: number } | undefined;

  constructor(options: CountersOptions<Reason, Kind>) {
    this.#now = options.now;
    this.rules = new RuleCounters({ limit: MAX_RULES, graceMs: GRACE_MS, now: options.now });
    this.backends = new BackendCounters({ limit: MAX_BACKENDS, graceMs: GRACE_MS, now: options.now });
    this.localAnswers = new ReasonCounters(options.reasons);
    this.upstreamErrors = new ReasonCounters(options.upstreamErrorKinds);
  }

  /** A route table was swapped in: counts a successful reload. */
  tableServed(order: DocumentOrder): void {
    this.reloadsSucceeded += 1;
    this.#table = { order, sinceMs: this.#now() };
  }

  /** The order of the table served and for how long; undefined before the first. */
  table(): { readonly order: DocumentOrder; readonly ageMs: number } | undefined {
    if (this.#table === undefined) return undefined;
    return { order: this.#table.order, ageMs: this.#now() - this.#table.sinceMs };
  }
}
