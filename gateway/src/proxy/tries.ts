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
import { fallbackAnswer } from './fallback.ts';
import type { Gateway, UpstreamErrorKind } from './gateway.ts';
import { Outcome } from './outcome.ts';
import { Place } from './place.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';
import type { Reason } from './reasons.ts';
import { type FailedTry, Retries, retryAfterMs, type TryFailure } from './retries.ts';
import type { TriesListener } from './triesListener.ts';

const KIND: Readonly<Record<Failure, UpstreamErrorKind>> = {
  Unsent: 'ConnectFailed',
  NoHead: 'NoHead',
  BodyBroken: 'BodyBroken',
  Refused: 'Refused',
};

/** What the client is told when there is no other try; a response with such a code is passed on as it is. */
const REASON: Readonly<Record<Exclude<TryFailure, 'Code'>, Reason>> = {
  Unsent: 'ConnectFailed',
  Reset: 'UpstreamBroken',
  Timeout: 'BackendDeadline',
};

/**
 * The tries of one request: what each needs (a place within the backend's limits, the breaker's permit, an endpoint), what its outcome
 * means to those, and whether another follows. The outcome is decided at the response's head.
 */
export class Tries implements AttemptListener, Waiter {
  readonly #gateway: Gateway;
  readonly #request: ProxiedRequest;
  readonly #rule: CompiledRule;
  readonly #deadline: ExchangeDeadline;
  readonly #listener: TriesListener;
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

  constructor(
    gateway: Gateway,
    request: ProxiedRequest,
    rule: CompiledRule,
    backend: Backend,
    deadline: ExchangeDeadline,
    listener: TriesListener,
  ) {
    this.#gateway = gateway;
    this.#request = request;
    this.#rule = rule;
    this.#place = new Place(backend);
    this.#deadline = deadline;
    this.#listener = listener;
    this.#outcome = new Outcome(gateway.counters.backends);
    request.backend = backend.id;
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
    const { usable, breaker, slot } = this.#backend;
    if (usable.length === 0) return this.#refuse('NoEndpoints');
    if (breaker?.refuses(now) === true) return this.#fallBack(now);
    if (this.#place.enter()) return true;
    this.#gateway.counters.backends.add(slot, 'overloaded');
    return this.#refuse('BackendOverloaded', 1);
  }

  /** Makes the first attempt, after `enter`. */
  begin(request: UpstreamRequest, now: number): void {
    this.#sent = request;
    this.#backend.budget.onRequest(now);
    const { hashKey } = this.#backend;
    if (hashKey !== undefined) this.#hash = hashKey(this.#request);
    this.#go(now);
  }

  /** The attempt took too long; `blameless` where the client did. Returns whether another one follows. */
  timedOut(now: number, mayRetry: boolean, blameless: boolean): boolean {
    this.#gateway.counters.upstreamErrors.add('Deadline');
    const attempt = this.#attempt;
    if (attempt === undefined) return false;
    attempt.abort();
    this.#attemptEnded(attempt, true);
    const headCame = this.#outcome.settled;
    if (blameless) this.#outcome.release();
    else this.#outcome.failed(attempt.endpoint, 'Timeout', now);
    const failed: FailedTry = { failure: 'Timeout', endpoint: attempt.endpoint, stale: false, retryAfterMs: 0 };
    return mayRetry && !headCame && this.#retry(failed, now);
  }

  /** The time to wait is over. */
  onWake(now: number): void {
    if (this.#waitsFor === 'Retry') return this.#go(now);
    this.#gateway.counters.backends.add(this.#backend.slot, 'overloaded');
    this.#refuse('BackendQueueTimeout', 1);
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
    this.#listener.onInform(status, fields);
  }

  onHead(status: number, fields: ResponseFields): void {
    this.#outcome.answered((this.#attempt as Attempt).endpoint, status);
    if (status >= 400 && this.#rule.retry.codes.has(status) && this.#retryOnCode(fields)) return;
    this.#listener.onHead(status, fields);
  }

  onData(chunk: Buffer): void {
    this.#listener.onData(chunk);
  }

  onQuiet(): void {
    this.#listener.onQuiet();
  }

  onEnd(trailers: ResponseFields): void {
    this.#attemptEnded(this.#attempt as Attempt, false);
    this.#listener.onEnd(trailers);
  }

  onUpgrade(status: number, fields: ResponseFields, socket: Duplex): void {
    const { endpoint } = this.#attempt as Attempt;
    this.#outcome.answered(endpoint, status);
    this.#attemptEnded(this.#attempt as Attempt, false);
    // The tunnel keeps the place among the connections until it closes.
    const release = this.#place.detachConnection();
    endpoint.inFlight++;
    this.#listener.onUpgrade(status, fields, socket, () => {
      endpoint.inFlight--;
      release();
    });
  }

  onFailed(failure: Failure): void {
    this.#gateway.counters.upstreamErrors.add(KIND[failure]);
    const attempt = this.#attempt as Attempt;
    const { endpoint } = attempt;
    const now = clock();
    this.#attemptEnded(attempt, true);
    if (failure === 'Refused') {
      this.#outcome.release();
      this.#listener.onGivenUp('BadRequest');
    } else if (failure === 'BodyBroken') {
      this.#outcome.broke(this.#backend, endpoint, 'Reset', now);
      this.#listener.onGivenUp('UpstreamBroken');
    } else {
      const stale = failure === 'NoHead' && attempt.metStaleConnection;
      this.#failed({ failure: failure === 'Unsent' ? 'Unsent' : 'Reset', endpoint, stale, retryAfterMs: 0 }, now);
    }
  }

  #failed(failed: FailedTry & { readonly failure: 'Unsent' | 'Reset' }, now: number): void {
    // A backend may close a connection that it kept; that it met a request is nobody's failure.
    if (failed.stale) this.#outcome.release();
    else this.#outcome.failed(failed.endpoint, failed.failure, now);
    if (!this.#retry(failed, now)) this.#listener.onGivenUp(REASON[failed.failure]);
  }

  /** Makes an attempt, or waits for what it needs. */
  #go(now: number): void {
    this.#waitsFor = 'Nothing';
    if (!this.#takeConnection(now)) return;
    if (!this.#outcome.begin(this.#backend, now)) {
      if (this.#fallBack(now)) this.#go(now);
      return;
    }
    const endpoint = this.#pick(now);
    if (endpoint !== undefined) return this.#start(endpoint, now);
    this.#outcome.release();
    this.#refuse('NoHealthyEndpoint');
  }

  #pick(now: number): UpstreamEndpoint | undefined {
    const last = this.#lastResort ? this.#backend.clusterAddress : undefined;
    return last ?? this.#backend.pick(now, this.#hash, this.#retries?.tried);
  }

  #takeConnection(now: number): boolean {
    const admitted = this.#place.takeConnection(this);
    if (admitted === 'Now') return true;
    const { admission, slot } = this.#backend;
    if (admitted === 'Waiting') {
      this.#waitsFor = 'Connection';
      this.#deadline.wakeAt(now + admission.pendingTimeoutMs);
      return false;
    }
    this.#gateway.counters.backends.add(slot, 'overloaded');
    return this.#refuse('BackendOverloaded', 1);
  }

  #start(endpoint: UpstreamEndpoint, now: number): void {
    const request = this.#request;
    request.attempts++;
    request.endpoint = endpoint.authority;
    request.endpointState = endpoint.health.state;
    this.#gateway.counters.backends.started(this.#backend.slot);
    this.#deadline.attemptStarted(now);
    this.#attempt = new Attempt(endpoint, this, clock);
    this.#attempt.send(this.#sent as UpstreamRequest, now, this.#afresh);
  }

  #retryOnCode(fields: ResponseFields): boolean {
    const attempt = this.#attempt as Attempt;
    const { endpoint } = attempt;
    const wait = retryAfterMs(fields['retry-after']);
    return this.#retry({ failure: 'Code', endpoint, stale: false, retryAfterMs: wait }, clock(), attempt);
  }

  /** Returns whether another attempt follows; `unread` is the one whose response nobody wants then. */
  #retry(failed: FailedTry, now: number, unread?: Attempt): boolean {
    const { counters } = this.#gateway;
    const { body } = this.#sent as UpstreamRequest;
    this.#retries ??= new Retries(this.#rule.retry, Math.random);
    const request = {
      method: this.#request.method,
      repeatable: body === undefined || body instanceof Uint8Array,
      endsAt: this.#deadline.requestEndsAt,
    };
    const retry = this.#retries.next(failed, request, this.#backend, now);
    this.#request.noteFailedTry(failed, now - this.#outcome.startedAt);
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
    if (other === undefined || this.#moveTo(other, now)) this.#goAfter(retry.delayMs, now);
    return true;
  }

  /** A backend of another priority, where this one cannot go on. */
  #instead(now: number): Backend | undefined {
    const backend = this.#backend;
    return backend.capacity(now) > 0 ? undefined : this.#rule.backends.instead(backend, now);
  }

  /** Returns whether it could be entered. */
  #moveTo(backend: Backend, now: number): boolean {
    this.#place.moveTo(backend, this);
    this.#request.backend = backend.id;
    return this.enter(now);
  }

  #goAfter(delayMs: number, now: number): void {
    if (delayMs < 1) return this.#go(now);
    this.#waitsFor = 'Retry';
    this.#deadline.wakeAt(now + delayMs);
  }

  /** The breaker permits nothing. Returns whether another backend stands in for this one. */
  #fallBack(now: number): boolean {
    const { settings, breaker, slot } = this.#backend;
    const fallback = settings.circuitBreaker?.fallback;
    this.#gateway.counters.backends.add(slot, 'breakerRefusals');
    if (fallback?.type === 'Backend' && !this.#onFallback) {
      this.#onFallback = true;
      return this.#moveTo(this.#gateway.backends.get(fallback.backend), now);
    }
    if (fallback?.type !== 'Response')
      return this.#refuse('BreakerOpen', Math.max(1, Math.ceil((breaker?.remainingMs(now) ?? 0) / 1_000)));
    this.#request.replace('BreakerOpen', fallbackAnswer(fallback, this.#request));
    this.#listener.onAnswered();
    return false;
  }

  #refuse(reason: Reason, retryAfterSeconds?: number): false {
    this.#listener.onGivenUp(reason, retryAfterSeconds);
    return false;
  }

  #attemptEnded({ started, reusedConnection }: Attempt, failed: boolean): void {
    const { counters } = this.#gateway;
    this.#attempt = undefined;
    counters.backends.ended(this.#backend.slot, failed);
    if (!started) counters.upstreamConnectFailures++;
    else if (!reusedConnection) counters.upstreamConnects++;
  }
}

function clock(): number {
  return performance.now();
}
