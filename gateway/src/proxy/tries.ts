import type { Duplex } from 'node:stream';
import type { CompiledRule } from '../snapshot/snapshot.ts';
import type { Waiter } from '../upstream/admission.ts';
import {
  Attempt,
  type AttemptListener,
  type Failure,
  type ResponseFields,
  type UpstreamRequest,
} from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { ExchangeDeadline } from './exchangeDeadline.ts';
import { errorKinds, failureReasons } from './failureReasons.ts';
import { fallbackAnswer } from './fallback.ts';
import type { Gateway } from './gateway.ts';
import { Outcome } from './outcome.ts';
import { Place } from './place.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';
import type { Reason } from './reasons.ts';
import { type FailedTry, failedTry, Retries, retryAfterMs } from './retries.ts';
import type { TriesListener } from './triesListener.ts';

/** What the tries of a request are made with. */
export interface TriesParts {
  readonly gateway: Gateway;
  readonly request: ProxiedRequest;
  readonly rule: CompiledRule;
  readonly deadline: ExchangeDeadline;
  readonly listener: TriesListener;
}

/**
 * The tries of one request: what each needs (a place within the backend's limits, the breaker's permit, an endpoint), what its outcome
 * means to those, and whether another follows. The outcome is decided at the response's head.
 */
export class Tries implements AttemptListener, Waiter {
  readonly #parts: TriesParts;
  readonly #outcome: Outcome;
  readonly #place: Place;
  #sent: UpstreamRequest | undefined;
  #hash = 0;
  #attempt: Attempt | undefined;
  /** There from the first failure on. */
  #retries: Retries | undefined;
  #afresh = false;
  #lastResort = false;
  #waitsFor: 'Nothing' | 'Connection' | 'Retry' = 'Nothing';
  #onFallback = false;

  constructor(parts: TriesParts, backend: Backend) {
    this.#parts = parts;
    this.#place = new Place(backend);
    this.#outcome = new Outcome(parts.gateway.counters);
    parts.request.backend = backend.id;
  }

  /** The request came whole, or is sent as it comes. */
  get begun(): boolean {
    return this.#sent !== undefined;
  }

  get #backend(): Backend {
    return this.#place.backend;
  }

  /** Enters the backend. Where that is not possible, the listener hears why, before anything is asked of the client. */
  enter(now: number): boolean {
    const { usable, breaker } = this.#backend;
    if (usable.length === 0) return this.#refuse('NoEndpoints');
    if (breaker?.refuses(now) === true) return this.#fallBack(now);
    return this.#place.enter() || this.#overloaded('BackendOverloaded');
  }

  /** Makes the first attempt, after `enter`. */
  begin(request: UpstreamRequest, now: number): void {
    this.#sent = request;
    this.#backend.budget.onRequest(now);
    const { hashKey } = this.#backend;
    if (hashKey !== undefined) this.#hash = hashKey(this.#parts.request);
    this.#go(now);
  }

  /** The attempt took too long; `blameless` where the client did. Returns whether another one follows. */
  timedOut(now: number, mayRetry: boolean, blameless: boolean): boolean {
    this.#parts.gateway.counters.upstreamErrors.add('Deadline');
    const attempt = this.#attempt;
    if (attempt === undefined) return false;
    attempt.abort();
    this.#attemptEnded(attempt, true);
    const headCame = this.#outcome.settled;
    if (blameless) this.#outcome.release();
    else this.#outcome.failed(attempt.endpoint, 'Timeout', now);
    return mayRetry && !headCame && this.#retry(failedTry('Timeout', attempt.endpoint), now);
  }

  /** The time to wait is over. */
  onWake(now: number): void {
    if (this.#waitsFor === 'Retry') this.#go(now);
    else this.#overloaded('BackendQueueTimeout');
  }

  onConnection(): void {
    this.#place.onConnection();
    this.#go(clock());
  }

  pause(): void {
    this.#attempt?.pause();
  }

  resume(): void {
    this.#attempt?.resume();
  }

  /** Ends the attempt from our side; it says nothing about the backend. */
  abort(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.abort();
    this.#attemptEnded(attempt, false);
    this.#outcome.release();
  }

  /** The exchange is over. */
  close(): void {
    this.#waitsFor = 'Nothing';
    this.#place.leave(this);
  }

  onInform(status: number, fields: ResponseFields): void {
    this.#parts.listener.onInform(status, fields);
  }

  onHead(status: number, fields: ResponseFields): void {
    this.#outcome.answered((this.#attempt as Attempt).endpoint, status);
    if (status >= 400 && this.#parts.rule.retry.codes.has(status) && this.#retryInstead(fields)) return;
    this.#parts.listener.onHead(status, fields);
  }

  onData(chunk: Buffer): void {
    this.#parts.listener.onData(chunk);
  }

  onQuiet(): void {
    this.#parts.listener.onQuiet();
  }

  onEnd(trailers: ResponseFields): void {
    this.#attemptEnded(this.#attempt as Attempt, false);
    this.#parts.listener.onEnd(trailers);
  }

  onUpgrade(status: number, fields: ResponseFields, socket: Duplex): void {
    const { endpoint } = this.#attempt as Attempt;
    this.#outcome.answered(endpoint, status);
    this.#attemptEnded(this.#attempt as Attempt, false);
    // The tunnel keeps the place among the connections until it closes.
    const release = this.#place.detachConnection();
    endpoint.inFlight++;
    this.#parts.listener.onUpgrade(status, fields, socket, () => {
      endpoint.inFlight--;
      release();
    });
  }

  onFailed(failure: Failure): void {
    this.#parts.gateway.counters.upstreamErrors.add(errorKinds[failure]);
    const attempt = this.#attempt as Attempt;
    const { endpoint } = attempt;
    const now = clock();
    this.#attemptEnded(attempt, true);
    if (failure === 'Refused') {
      this.#outcome.release();
      this.#parts.listener.onGivenUp('BadRequest');
    } else if (failure === 'BodyBroken') {
      this.#outcome.broke(this.#backend, endpoint, 'Reset', now);
      this.#parts.listener.onGivenUp('UpstreamBroken');
    } else {
      const stale = failure === 'NoHead' && attempt.metStaleConnection;
      this.#failed(failure === 'Unsent' ? 'Unsent' : 'Reset', endpoint, stale, now);
    }
  }

  #failed(failure: 'Unsent' | 'Reset', endpoint: UpstreamEndpoint, stale: boolean, now: number): void {
    // A backend may close a connection that it kept; that it met a request is nobody's failure.
    if (stale) this.#outcome.release();
    else this.#outcome.failed(endpoint, failure, now);
    if (!this.#retry({ ...failedTry(failure, endpoint), stale }, now))
      this.#parts.listener.onGivenUp(failureReasons[failure]);
  }

  /** Makes an attempt, or waits for what it needs. */
  #go(now: number): void {
    this.#waitsFor = 'Nothing';
    if (!this.#takeConnection(now)) return;
    if (!this.#outcome.begin(this.#backend, now)) {
      if (this.#fallBack(now)) this.#go(now);
      return;
    }
    const last = this.#lastResort ? this.#backend.clusterAddress : undefined;
    const kept = this.#retries === undefined ? this.#backend.candidate(this.#parts.request.keptAt, now) : undefined;
    const endpoint = last ?? kept ?? this.#backend.pick(now, this.#hash, this.#retries?.tried);
    if (endpoint !== undefined) return this.#start(endpoint, now);
    this.#outcome.release();
    this.#refuse('NoHealthyEndpoint');
  }

  #takeConnection(now: number): boolean {
    const admitted = this.#place.takeConnection(this);
    if (admitted === 'Now') return true;
    if (admitted === 'Refused') return this.#overloaded('BackendOverloaded');
    return this.#wait('Connection', now + this.#backend.admission.pendingTimeoutMs);
  }

  #wait(what: 'Connection' | 'Retry', until: number): false {
    this.#waitsFor = what;
    this.#parts.deadline.wakeAt(until);
    return false;
  }

  #start(endpoint: UpstreamEndpoint, now: number): void {
    const request = this.#parts.request;
    request.attempts++;
    request.upstream = endpoint;
    request.endpoint = endpoint.authority;
    request.endpointState = endpoint.health.state;
    this.#parts.gateway.counters.backends.started(this.#backend.slot);
    this.#parts.deadline.attemptStarted(now);
    this.#attempt = new Attempt(endpoint, this, clock);
    this.#attempt.send(this.#sent as UpstreamRequest, now, this.#afresh);
  }

  #retryInstead(fields: ResponseFields): boolean {
    const attempt = this.#attempt as Attempt;
    const failed = failedTry('Code', attempt.endpoint, retryAfterMs(fields['retry-after']));
    return this.#retry(failed, clock(), attempt);
  }

  /** Returns whether another attempt follows; `unread` is the one whose response nobody wants then. */
  #retry(failed: FailedTry, now: number, unread?: Attempt): boolean {
    const { counters } = this.#parts.gateway;
    this.#retries ??= new Retries(this.#parts.rule.retry, Math.random);
    const { requestEndsAt } = this.#parts.deadline;
    const retry = this.#retries.next(failed, this.#sent as UpstreamRequest, requestEndsAt, this.#backend, now);
    this.#parts.request.noteFailedTry(failed, now - this.#outcome.startedAt);
    if (this.#retries.denied) counters.backends.add(this.#backend.slot, 'retriesDenied');
    if (retry === undefined) return false;
    const other = this.#instead(now);
    // Where nothing could be sent, the same endpoint again would do no better.
    if (failed.failure === 'Unsent' && other === undefined && !this.#backend.hasOther(this.#retries.tried, now))
      return false;
    if (unread !== undefined) {
      unread.discard();
      this.#attemptEnded(unread, true);
    }
    counters.upstreamRetries++;
    counters.backends.add(this.#backend.slot, 'retries');
    this.#afresh = retry.afresh;
    this.#lastResort = retry.lastResort && other === undefined;
    if (other !== undefined && !this.#moveTo(other, now)) return true;
    if (retry.delayMs < 1) this.#go(now);
    else this.#wait('Retry', now + retry.delayMs);
    return true;
  }

  /** A backend of another priority, where this one cannot go on. */
  #instead(now: number): Backend | undefined {
    const backend = this.#backend;
    return backend.capacity(now) > 0 ? undefined : this.#parts.rule.backends.instead(backend, now);
  }

  /** Returns whether it could be entered. */
  #moveTo(backend: Backend, now: number): boolean {
    this.#place.moveTo(backend, this);
    this.#parts.request.backend = backend.id;
    return this.enter(now);
  }

  /** The breaker permits nothing. Returns whether another backend stands in for this one. */
  #fallBack(now: number): boolean {
    const { settings, breaker, slot } = this.#backend;
    const fallback = settings.circuitBreaker?.fallback;
    this.#parts.gateway.counters.backends.add(slot, 'breakerRefusals');
    if (fallback?.type === 'Backend' && !this.#onFallback) {
      this.#onFallback = true;
      return this.#moveTo(this.#parts.gateway.backends.get(fallback.backend), now);
    }
    if (fallback?.type !== 'Response') return this.#refuse('BreakerOpen', breaker?.retryAfterSeconds(now));
    this.#parts.request.replace('BreakerOpen', fallbackAnswer(fallback, this.#parts.request));
    this.#parts.listener.onAnswered();
    return false;
  }

  #overloaded(reason: Reason): false {
    this.#parts.gateway.counters.backends.add(this.#backend.slot, 'overloaded');
    return this.#refuse(reason, 1);
  }

  #refuse(reason: Reason, retryAfterSeconds?: number): false {
    this.#parts.listener.onGivenUp(reason, retryAfterSeconds);
    return false;
  }

  #attemptEnded(attempt: Attempt, failed: boolean): void {
    this.#attempt = undefined;
    this.#outcome.ended(this.#backend.slot, attempt, failed);
  }
}

function clock(): number {
  return performance.now();
}
