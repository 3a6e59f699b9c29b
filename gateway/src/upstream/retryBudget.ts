const SLOT_MS = 1_000;
const SLOTS = 10;

/**
 * Bounds how much retries add to the load of a backend: a share of the requests of the last ten seconds, and beside it a few a second,
 * so that a backend with little traffic has some as well. However many rules use the backend, all draw on this one.
 */
export class RetryBudget {
  readonly #requests = new Float64Array(SLOTS);
  readonly #retries = new Float64Array(SLOTS);
  #slot = 0;
  #requestsTotal = 0;
  #retriesTotal = 0;
  /** Retries beside the share that may be made now. */
  #spare = Number.POSITIVE_INFINITY;
  #refilledAt = 0;

  /** A request begins, at `now` in milliseconds. */
  onRequest(now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    if (slot !== this.#slot) this.#advance(slot);
    (this.#requests[slot % SLOTS] as number) += 1;
    this.#requestsTotal += 1;
  }

  /** Takes one retry; false where there is none left. */
  tryRetry(now: number, percent: number, minPerSecond: number): boolean {
    const slot = Math.floor(now / SLOT_MS);
    if (slot !== this.#slot) this.#advance(slot);
    if (this.#retriesTotal + 1 <= (this.#requestsTotal * percent) / 100) {
      (this.#retries[slot % SLOTS] as number) += 1;
      this.#retriesTotal += 1;
      return true;
    }
    const refilled = this.#spare + ((now - this.#refilledAt) * minPerSecond) / SLOT_MS;
    this.#spare = Math.min(minPerSecond, Math.max(refilled, 0));
    this.#refilledAt = now;
    if (this.#spare < 1) return false;
    this.#spare -= 1;
    return true;
  }

  /** Forgets what is older than ten seconds. */
  #advance(slot: number): void {
    const steps = Math.min(Math.max(slot - this.#slot, 0), SLOTS);
    for (let step = 1; step <= steps; step++) {
      const index = (this.#slot + step) % SLOTS;
      this.#requestsTotal -= this.#requests[index] as number;
      this.#retriesTotal -= this.#retries[index] as number;
      this.#requests[index] = 0;
      this.#retries[index] = 0;
    }
    this.#slot = slot;
  }
}
