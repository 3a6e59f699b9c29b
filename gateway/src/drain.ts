/** What is drained. */
export interface Drainable {
  /** From now on every answer asks the client to go elsewhere. */
  announceClose(): void;
  stopAccepting(): void;
  /** Ends connections that have been idle for `forMs`. */
  closeIdle(forMs: number): void;
  readonly connections: number;
  destroy(): void;
}

export interface DrainTimes {
  /** How long load balancers may take to stop sending: new connections are welcome meanwhile. Milliseconds. */
  readonly propagationDelayMs: number;
  /** How long requests under way may take after that. Milliseconds. */
  readonly drainTimeoutMs: number;
}

/** A connection without a request is given this long: the client may be sending one that crossed our notice. */
const IDLE_GRACE_MS = 1_000;
const LOOK_MS = 25;

/**
 * The way out of service. `begin` announces it and resolves after the propagation delay; `finish` then lets what is under way end.
 * Each may be called by several (the preStop hook, SIGTERM) and runs once.
 */
export class Drain {
  readonly #target: Drainable;
  readonly #times: () => DrainTimes;
  #begun: Promise<void> | undefined;
  #finished: Promise<void> | undefined;

  constructor(target: Drainable, times: () => DrainTimes) {
    this.#target = target;
    this.#times = times;
  }

  get draining(): boolean {
    return this.#begun !== undefined;
  }

  /** The propagation delay is over: nobody should send requests any longer. */
  get leaving(): boolean {
    return this.#finished !== undefined;
  }

  begin(): Promise<void> {
    this.#begun ??= this.#announce();
    return this.#begun;
  }

  async finish(): Promise<void> {
    await this.begin();
    this.#finished ??= this.#empty();
    return this.#finished;
  }

  #announce(): Promise<void> {
    this.#target.announceClose();
    const { propagationDelayMs } = this.#times();
    return propagationDelayMs === 0 ? Promise.resolve() : delay(propagationDelayMs);
  }

  async #empty(): Promise<void> {
    const { drainTimeoutMs } = this.#times();
    const endsAt = performance.now() + drainTimeoutMs;
    const graceMs = Math.min(IDLE_GRACE_MS, drainTimeoutMs / 2);
    this.#target.stopAccepting();
    while (this.#target.connections > 0 && performance.now() < endsAt) {
      await delay(LOOK_MS);
      this.#target.closeIdle(graceMs);
    }
    this.#target.destroy();
  }
}

function delay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
