import type { BackendLimits } from '@evergate/contract/backendSettings';

/** A request that waits for a connection. */
export interface Waiter {
  /** It has one now, and gives it back with `releaseConnection`. */
  onConnection(): void;
}

/** Whether a request may have a connection: at once, after a wait, or not at all. */
export type Admitted = 'Now' | 'Waiting' | 'Refused';

/** The limits of one backend in this gateway: requests in flight, connections in use, and who waits for one. */
export class Admission {
  #limits: BackendLimits | undefined;
  #inFlight = 0;
  #busy = 0;
  /** In the order they came. */
  readonly #waiting = new Set<Waiter>();

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get pendingTimeoutMs(): number {
    return this.#limits?.pendingTimeoutMs ?? 0;
  }

  get maxConnections(): number {
    return this.#limits?.maxConnections ?? Number.POSITIVE_INFINITY;
  }

  /** Raised limits let waiting requests go on; lowered ones cut nobody off. */
  configure(limits: BackendLimits | undefined): void {
    this.#limits = limits;
    while (this.#waiting.size > 0 && this.#busy < this.maxConnections) this.#admitNext();
  }

  /** A request begins; false where there are too many. `leave` follows once where it is true. */
  enter(): boolean {
    const max = this.#limits?.maxInFlight;
    if (max !== undefined && this.#inFlight >= max) return false;
    this.#inFlight++;
    return true;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** Asks for a connection. Where it says `Waiting`, `waiter` hears when it has one, unless it gives up with `cancel`. */
  takeConnection(waiter: Waiter): Admitted {
    if (this.#busy < this.maxConnections && this.#waiting.size === 0) {
      this.#busy++;
      return 'Now';
    }
    if (this.#waiting.size >= (this.#limits?.maxPending ?? 0)) return 'Refused';
    this.#waiting.add(waiter);
    return 'Waiting';
  }

  /** Returns whether it was waiting. */
  cancel(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  releaseConnection(): void {
    this.#busy--;
    if (this.#waiting.size > 0 && this.#busy < this.maxConnections) this.#admitNext();
  }

  #admitNext(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#busy++;
    first.onConnection();
  }
}
