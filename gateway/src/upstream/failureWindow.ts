/** When the latest failures were, as many as are too many. */
export class FailureWindow {
  readonly #times: Float64Array;
  #next = 0;

  constructor(tooMany: number) {
    this.#times = new Float64Array(tooMany).fill(Number.NEGATIVE_INFINITY);
  }

  get tooMany(): number {
    return this.#times.length;
  }

  /** Notes a failure. Returns whether it is one too many within `withinMs`. */
  add(now: number, withinMs: number): boolean {
    const times = this.#times;
    times[this.#next] = now;
    this.#next = this.#next + 1 === times.length ? 0 : this.#next + 1;
    return now - (times[this.#next] as number) <= withinMs;
  }

  clear(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
  }
}
