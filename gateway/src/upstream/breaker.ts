import type { CircuitBreaker } from '@evergate/contract/backendSettings';
import { OutcomeWindow } from './outcomeWindow.ts';

export type BreakerState = 'Closed' | 'HalfOpen' | 'Open';
export type BreakerSettings = Pick<
  CircuitBreaker,
  'slidingWindowSize' | 'minimumCalls' | 'failureRatePercent' | 'slowCallMs' | 'slowCallRatePercent' | 'openMs'
> &
  Pick<CircuitBreaker, 'halfOpenCalls' | 'codes'>;

/** What `tryAcquire` returns where a call is not permitted. */
export const notPermitted = -1;

/** A half-open breaker whose calls never come back opens again after this, or after `openMs` where that is longer. */
const MAX_HALF_OPEN_MS = 60_000;

/**
 * A circuit breaker with the meaning of Resilience4j's count-based one. Closed, it looks at the latest `slidingWindowSize` calls: once
 * there are `minimumCalls`, it opens where the rate of failures, or of slow calls, reaches its threshold. Open, it permits nothing for
 * `openMs`; the next call after that makes it half-open. Then exactly `halfOpenCalls` calls are permitted, and when all have come back,
 * their rates close it or open it again.
 *
 * Unlike Resilience4j it counts a call only in the state that permitted it: a slow failure from before is no probe. The clock is the
 * caller's, in milliseconds. Nothing here allocates but a change of the settings.
 */
export class Breaker {
  #settings: BreakerSettings;
  #state: BreakerState = 'Closed';
  #window: OutcomeWindow;
  #probes: OutcomeWindow;
  #codes: ReadonlySet<number>;
  #since: number;
  /** Of the state; a permit is the one in which it was given. */
  #generation = 0;
  /** Half-open: calls that may still be permitted. */
  #permits = 0;
  readonly #onChanged: (state: BreakerState) => void;

  constructor(settings: BreakerSettings, now: number, onChanged: (state: BreakerState) => void = () => {}) {
    this.#settings = settings;
    this.#window = new OutcomeWindow(settings.slidingWindowSize);
    this.#probes = new OutcomeWindow(settings.halfOpenCalls);
    this.#codes = new Set(settings.codes);
    this.#since = now;
    this.#onChanged = onChanged;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** When the state began, on the caller's clock. */
  get since(): number {
    return this.#since;
  }

  /** Calls that count for the next decision. */
  get calls(): number {
    return this.#current.calls;
  }

  get failureRate(): number {
    return this.#current.failureRate;
  }

  get slowRate(): number {
    return this.#current.slowRate;
  }

  /** Takes over other settings. The state stays; what was counted is kept where the window's size is the same. */
  configure(settings: BreakerSettings): void {
    if (settings.slidingWindowSize !== this.#window.size) this.#window = new OutcomeWindow(settings.slidingWindowSize);
    this.#settings = settings;
    this.#codes = new Set(settings.codes);
  }

  isFailure(status: number): boolean {
    return status >= 400 && this.#codes.has(status);
  }

  /** Whether a call at `now` would be refused. Takes nothing. */
  refuses(now: number): boolean {
    if (this.#state === 'Closed') return false;
    if (this.#state === 'Open') return now - this.#since < this.#settings.openMs;
    return this.#permits === 0 && !this.#isStuck(now);
  }

  /** Whole seconds until it may permit a call again, 1 at least. */
  retryAfterSeconds(now: number): number {
    const remainingMs = this.#state === 'Open' ? this.#since + this.#settings.openMs - now : 0;
    return Math.max(1, Math.ceil(remainingMs / 1_000));
  }

  /** A permit for one call, to be given back with `record` or `release`; `notPermitted` where there is none. */
  tryAcquire(now: number): number {
    if (this.#state === 'Closed') return this.#generation;
    if (this.#state === 'HalfOpen') return this.#tryProbe(now);
    if (now - this.#since < this.#settings.openMs) return notPermitted;
    this.#halfOpen(now);
    return this.#tryProbe(now);
  }

  /** The call came back: `failed` or not, `durationMs` after it began. */
  record(permit: number, failed: boolean, durationMs: number, now: number): void {
    if (permit !== this.#generation) return;
    const { slowCallMs, minimumCalls, slidingWindowSize } = this.#settings;
    const window = this.#current;
    window.add(failed, slowCallMs !== undefined && durationMs >= slowCallMs);
    if (this.#state === 'HalfOpen') {
      if (window.calls === window.size) this.#change(this.#exceeds(window) ? 'Open' : 'Closed', now);
    } else if (window.calls >= Math.min(minimumCalls, slidingWindowSize) && this.#exceeds(window)) {
      this.#change('Open', now);
    }
  }

  /** The call says nothing about the backend (its client went away): another may take its place. */
  release(permit: number): void {
    if (this.#state === 'HalfOpen' && permit === this.#generation) this.#permits++;
  }

  get #current(): OutcomeWindow {
    return this.#state === 'HalfOpen' ? this.#probes : this.#window;
  }

  #exceeds(window: OutcomeWindow): boolean {
    const { failureRatePercent, slowCallMs, slowCallRatePercent } = this.#settings;
    if (window.failureRate >= failureRatePercent) return true;
    return slowCallMs !== undefined && window.slowRate >= slowCallRatePercent;
  }

  #tryProbe(now: number): number {
    if (this.#permits > 0) {
      this.#permits--;
      return this.#generation;
    }
    if (this.#isStuck(now)) this.#change('Open', now);
    return notPermitted;
  }

  #isStuck(now: number): boolean {
    return now - this.#since >= Math.max(this.#settings.openMs, MAX_HALF_OPEN_MS);
  }

  #halfOpen(now: number): void {
    const { halfOpenCalls } = this.#settings;
    this.#permits = halfOpenCalls;
    if (this.#probes.size === halfOpenCalls) this.#probes.clear();
    else this.#probes = new OutcomeWindow(halfOpenCalls);
    this.#change('HalfOpen', now);
  }

  #change(state: BreakerState, now: number): void {
    if (state === 'Closed') this.#window.clear();
    this.#state = state;
    this.#since = now;
    this.#generation++;
    this.#onChanged(state);
  }
}
