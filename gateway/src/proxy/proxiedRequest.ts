import { normalisePath } from '@evergate/contract/normalisePath';
import type { Match } from '@evergate/contract/routeTable';
import { detached } from '../listen/detached.ts';
import type { Exchange, HeaderList } from '../listen/exchange.ts';
import type { MatchTarget } from '../match/matchTarget.ts';
import type { AccessRecord, AccessRule, FailedTryRecord } from '../observe/accessLog.ts';
import { noSlot } from '../observe/slots.ts';
import type { LocalAnswer, PolicyRequest } from '../policy/policyRequest.ts';
import type { Identity, PolicySubject } from '../policy/policySubject.ts';
import type { RuleMatch } from '../snapshot/snapshot.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { EndpointState } from '../upstream/endpointHealth.ts';
import type { Gateway } from './gateway.ts';
import type { Reason } from './reasons.ts';
import type { FailedTry } from './retries.ts';

const anyPath: Match = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };

/**
 * A request on its way through the gateway: what the matcher, the filters and the access log see of it, in one object, so that none
 * of them needs one of its own.
 */
export class ProxiedRequest implements MatchTarget, PolicyRequest, PolicySubject, AccessRecord {
  readonly exchange: Exchange;
  readonly #gateway: Gateway;
  /** On the clock of `performance.now()`. */
  readonly begunAt: number;
  host = '';
  path = '';
  query = '';
  #matched: RuleMatch | undefined;
  #finished = false;

  status = 0;
  reason: Reason | undefined;
  requestId = '';
  traceId = '';
  clientAddress: string;
  firstByteMs: number | undefined;
  durationMs = 0;
  requestBytes = 0;
  responseBytes = 0;
  attempts = 0;
  backend: string | undefined;
  endpoint: string | undefined;
  endpointState: EndpointState | undefined;
  failedTries: FailedTryRecord[] | undefined;
  aborted = false;
  identity: Identity | undefined;
  addedFields: string[] | undefined;
  limit: string | undefined;
  /** The endpoint that the client is kept at. */
  keptAt: UpstreamEndpoint | undefined;
  /** Where the latest attempt went. */
  upstream: UpstreamEndpoint | undefined;
  /** Names of fields, lower case, that only policies may write; undefined where there are none. */
  reservedFields: ReadonlySet<string> | undefined;

  constructor(exchange: Exchange, gateway: Gateway) {
    this.exchange = exchange;
    this.#gateway = gateway;
    this.begunAt = performance.now();
    this.clientAddress = exchange.peer.address;
    gateway.counters.requestsInFlight++;
  }

  get method(): string {
    return this.exchange.method;
  }

  get listener(): string {
    return this.exchange.listener;
  }

  get headers(): HeaderList {
    return this.exchange.headers;
  }

  get authority(): string {
    return this.exchange.authority;
  }

  get scheme(): 'http' | 'https' {
    return this.exchange.scheme;
  }

  get listenerPort(): number {
    return this.#gateway.listenerPort(this.exchange.listener);
  }

  get match(): Match {
    return this.#matched?.match ?? anyPath;
  }

  get startedAt(): number {
    return performance.timeOrigin + this.begunAt;
  }

  get hasQuery(): boolean {
    return this.query !== '';
  }

  get userAgent(): string | undefined {
    return headerOf(this.headers, 'user-agent');
  }

  get auth(): string | undefined {
    const { identity } = this;
    return identity?.isStale === true ? `${identity.method} (stale)` : identity?.method;
  }

  get rule(): AccessRule | undefined {
    return this.#matched?.compiled.rule;
  }

  get matched(): RuleMatch | undefined {
    return this.#matched;
  }

  set matched(found: RuleMatch | undefined) {
    this.#matched = found;
  }

  /** Splits and normalises the target. False where it cannot be normalised: it could mean something else behind us. */
  readTarget(): boolean {
    const { target, authority } = this.exchange;
    const mark = target.indexOf('?');
    const path = normalisePath(mark === -1 ? target : target.slice(0, mark));
    if (path === undefined) return false;
    this.path = path;
    this.query = mark === -1 ? '' : target.slice(mark + 1);
    this.host = hostname(authority);
    return true;
  }

  /** Path and query as they go on where no filter rewrites them. */
  get normalisedTarget(): string {
    const { target } = this.exchange;
    const mark = target.indexOf('?');
    if (mark === -1) return this.path;
    return mark === this.path.length && target.startsWith(this.path) ? target : `${this.path}${target.slice(mark)}`;
  }

  /** Answers with a problem of ours, as `reasons` says. */
  refuse(reason: Reason, retryAfterSeconds?: number): void {
    const answer = this.#gateway.problemAnswer(reason, this);
    if (retryAfterSeconds !== undefined) answer.headers.push('retry-after', String(retryAfterSeconds));
    this.replace(reason, answer);
  }

  /** Answers with something else, because of a problem of ours. */
  replace(reason: Reason, { headers, ...answer }: LocalAnswer): void {
    this.reason = reason;
    this.#gateway.counters.localAnswers.add(reason);
    this.#matched?.compiled.filters.editResponse(headers, headerOf(this.exchange.headers, 'origin'));
    this.answer({ ...answer, headers });
  }

  /** An attempt failed after `durationMs`. */
  noteFailedTry({ endpoint, failure }: FailedTry, durationMs: number): void {
    this.failedTries ??= [];
    this.failedTries.push({ endpoint: endpoint.authority, failure, durationMs: Math.round(durationMs) });
  }

  /** Answers without a backend. */
  answer({ status, headers, body }: LocalAnswer): void {
    this.status = status;
    this.responseBytes = body?.length ?? 0;
    if (this.addedFields !== undefined) headers.push(...this.addedFields);
    this.exchange.respond(status, headers, body, true);
    this.finish();
  }

  /** The exchange is over, one way or the other: counts it and writes its access record, once. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    const { counters, accessLog } = this.#gateway;
    const durationMs = performance.now() - this.begunAt;
    this.durationMs = durationMs;
    counters.requestsInFlight--;
    if (this.aborted) counters.clientAborts++;
    counters.requestDuration.observe(durationMs);
    if (this.firstByteMs !== undefined) counters.firstByte.observe(this.firstByteMs);
    const slot = this.#matched?.compiled.slot ?? noSlot;
    counters.rules.record(slot, this.status, durationMs, this.requestBytes, this.responseBytes);
    accessLog.record(this);
  }
}

/** Lower case, without port; bounded memory of the usual ones. */
const hostnames = new Map<string, string>();
const MAX_HOSTNAMES = 1024;

function hostname(authority: string): string {
  const known = hostnames.get(authority);
  if (known !== undefined) return known;
  const own = detached(authority);
  const name = own
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/\.$/, '');
  if (hostnames.size < MAX_HOSTNAMES) hostnames.set(own, name);
  return name;
}

/** The first field of that lower-case name. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[index + 1];
  }
  return undefined;
}
