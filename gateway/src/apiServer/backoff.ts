export interface BackoffOptions {
  /** The bound of the first wait. */
  readonly baseMs: number;
  /** The bound of every wait. */
  readonly limitMs: number;
  /** From 0, without 1. */
  readonly random: () => number;
}

/**
 * How long to wait before the next attempt: anything up to a bound that doubles with each failure ("full jitter", Brooker, "Exponential
 * Backoff and Jitter", 2015), so that a fleet of pods does not come back at one moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds, at least 1: something must pass between two attempts. */
  next(): number {
    const { baseMs, limitMs, random } = this.#options;
    const boundMs = Math.min(limitMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return 1 + random() * boundMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}
