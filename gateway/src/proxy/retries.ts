import type { UpstreamRequest } from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import { backoffOf, type RetryPolicy } from './retryPolicy.ts';

/** Attempts of which nothing is sent cost a backend nothing: so many further ones are made at other endpoints. */
const MAX_UNSENT = 2;
/** A request is not held back longer because of a `Retry-After`; the client hears of it instead. */
const MAX_RETRY_AFTER_MS = 5_000;

/** How an attempt failed: nothing of it was sent, it broke off before a head came, it took too long, or the status says so. */
export type TryFailure = 'Unsent' | 'Reset' | 'Timeout' | 'Code';

export interface FailedTry {
  readonly failure: TryFailure;
  readonly endpoint: UpstreamEndpoint;
  /** It may have met a kept connection that the backend was closing just then. */
  readonly stale: boolean;
  /** What the response said, in milliseconds; 0 where it said nothing. */
  readonly retryAfterMs: number;
}

export function failedTry(failure: TryFailure, endpoint: UpstreamEndpoint, retryAfterMs = 0): FailedTry {
  return { failure, endpoint, stale: false, retryAfterMs };
}

/** How the next attempt is made. */
export interface Retry {
  /** Milliseconds from now. */
  readonly delayMs: number;
  /** On a new connection, whatever is kept. */
  readonly afresh: boolean;
  /** At the Service's cluster address, if it has one. */
  readonly lastResort: boolean;
}

/**
 * Decides whether a request is tried again after a failed attempt. What had not been sent goes elsewhere, whatever the method. What may
 * have been processed is sent again only with a method that has no effects, as often as the rule says, within the budget of the
 * backend and the request's deadline. Once, a request whose kept connection the backend had meanwhile closed is no retry at all
 * (RFC 9110 9.2.2). The response to the client has not begun in any case.
 */
export class Retries {
  readonly #policy: RetryPolicy;
  readonly #random: () => number;
  readonly tried: UpstreamEndpoint[] = [];
  #unsent = 0;
  #sent = 0;
  #metStale = false;
  /** It would have been tried again, and the budget was used up. */
  denied = false;

  constructor(policy: RetryPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  /** After an attempt failed, at `now`; the request must be over at `endsAt`. Undefined where it must not be tried again. */
  next(
    failed: FailedTry,
    { method, body }: Pick<UpstreamRequest, 'method' | 'body'>,
    endsAt: number,
    backend: Backend,
    now: number,
  ): Retry | undefined {
    this.tried.push(failed.endpoint);
    if (failed.failure === 'Unsent') return this.#elsewhere();
    const isRepeatable = body === undefined || body instanceof Uint8Array;
    const isHarmless = isRepeatable && this.#policy.methods.has(method);
    if (!isHarmless) return undefined;
    if (failed.failure === 'Reset' && failed.stale && !this.#metStale) {
      this.#metStale = true;
      return { delayMs: 0, afresh: true, lastResort: false };
    }
    return this.#again(failed, endsAt, backend, now);
  }

  #elsewhere(): Retry | undefined {
    if (!this.#policy.onConnectFailure || this.#unsent >= MAX_UNSENT) return undefined;
    this.#unsent++;
    return { delayMs: 0, afresh: false, lastResort: this.#unsent === MAX_UNSENT };
  }

  #again({ failure, retryAfterMs }: FailedTry, endsAt: number, backend: Backend, now: number): Retry | undefined {
    const policy = this.#policy;
    if (this.#sent >= policy.attempts || retryAfterMs > MAX_RETRY_AFTER_MS || !isChosen(policy, failure))
      return undefined;
    const delayMs = Math.max(retryAfterMs, backoffOf(policy, this.#sent, this.#random));
    if (now + delayMs >= endsAt) return undefined;
    if (!backend.budget.tryRetry(now, policy.budgetPercent, policy.budgetMinPerSecond)) {
      this.denied = true;
      return undefined;
    }
    this.#sent++;
    return { delayMs, afresh: false, lastResort: false };
  }
}

/** Codes are looked up before. */
function isChosen(policy: RetryPolicy, failure: TryFailure): boolean {
  switch (failure) {
    case 'Unsent':
      return policy.onConnectFailure;
    case 'Reset':
      return policy.onReset;
    case 'Timeout':
      return policy.onTimeout;
    case 'Code':
      return true;
  }
}

/** Reads `Retry-After` (RFC 9110 10.2.3) in milliseconds; 0 without one, infinite for one that names a date. */
export function retryAfterMs(value: string | string[] | undefined): number {
  if (value === undefined) return 0;
  const text = String(value).trim();
  return /^[0-9]{1,9}$/.test(text) ? Number(text) * 1_000 : Number.POSITIVE_INFINITY;
}
