import type { Counters } from '../observe/counters.ts';
import type { Attempt } from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import { notPermitted } from '../upstream/breaker.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/** Tells breaker and health how an attempt went, once, decided at its response's head; and counts it. */
export class Outcome {
  readonly #counters: Counters;
  #backend: Backend | undefined;
  #permit = notPermitted;
  #startedAt = 0;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Told already, or not begun. */
  get settled(): boolean {
    return this.#backend === undefined;
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  /** Asks the breaker for an attempt at `now`; false where it refuses. */
  begin(backend: Backend, now: number): boolean {
    const { breaker } = backend;
    this.#permit = breaker === undefined ? 0 : breaker.tryAcquire(now);
    if (this.#permit === notPermitted) return false;
    this.#backend = backend;
    this.#startedAt = now;
    return true;
  }

  answered(endpoint: UpstreamEndpoint, status: number): void {
    const backend = this.#take();
    if (backend === undefined) return;
    const { breaker } = backend;
    if (breaker === undefined && status < 400 && endpoint.health.ejectedUntil === undefined) return;
    const now = performance.now();
    breaker?.record(this.#permit, breaker.isFailure(status), now - this.#startedAt, now);
    if (backend.answered(endpoint, status, now)) this.#counters.backends.add(backend.slot, 'ejections');
  }

  failed(endpoint: UpstreamEndpoint, failure: 'Unsent' | 'Reset' | 'Timeout', now: number): void {
    const backend = this.#take();
    if (backend === undefined) return;
    backend.breaker?.record(this.#permit, true, now - this.#startedAt, now);
    if (failure !== 'Unsent') this.broke(backend, endpoint, failure, now);
  }

  /** A response broke off after its head: that says nothing to the breaker any more. */
  broke(backend: Backend, endpoint: UpstreamEndpoint, failure: 'Reset' | 'Timeout', now: number): void {
    if (backend.failed(endpoint, failure, now)) this.#counters.backends.add(backend.slot, 'ejections');
  }

  /** The attempt says nothing about the backend. */
  release(): void {
    this.#take()?.breaker?.release(this.#permit);
  }

  /** The attempt at a backend with this `slot` is over, for good or bad. */
  ended(slot: number, { started, reusedConnection }: Attempt, failed: boolean): void {
    this.#counters.backends.ended(slot, failed);
    if (!started) this.#counters.upstreamConnectFailures++;
    else if (!reusedConnection) this.#counters.upstreamConnects++;
  }

  #take(): Backend | undefined {
    const backend = this.#backend;
    this.#backend = undefined;
    return backend;
  }
}
