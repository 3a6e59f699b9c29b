const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** Who lived this long has earned another immediate start. */
const LONG_LIFE_MS = 10_000;

/** When to start a process again that dies: the first time at once, then after 250 ms, twice that, and so on up to 10 s. */
export class Backoff {
  #nextMs = 0;

  /** How long to wait, after a life of `livedMs` milliseconds. */
  next(livedMs: number): number {
    if (livedMs >= LONG_LIFE_MS) this.#nextMs = 0;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(Math.max(delayMs * 2, FIRST_DELAY_MS), LONGEST_DELAY_MS);
    return delayMs;
  }
}
