export interface WriteBudgetOptions {
  /** Sustained bytes a second; the bucket holds two seconds' worth. 1 MiB by default. */
  readonly bytesPerSecond?: number;
  /** Sustained writes a second; the bucket holds two seconds' worth. 10 by default. */
  readonly writesPerSecond?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const BURST_SECONDS = 2;

/**
 * How much of a fleet's documents may be written: two token buckets, of bytes and of writes. A publication is never cut: it goes at once
 * while neither bucket is empty, and what it takes beyond is paid back before the next one. So the first write is never late, and the
 * churn of a fleet cannot fill etcd.
 */
export class WriteBudget {
  readonly #rates: readonly [bytes: number, writes: number];
  readonly #now: () => number;
  #tokens: [bytes: number, writes: number];
  #filledAt: number;

  constructor({ bytesPerSecond = 1_048_576, writesPerSecond = 10, now }: WriteBudgetOptions) {
    this.#rates = [bytesPerSecond, writesPerSecond];
    this.#tokens = [bytesPerSecond * BURST_SECONDS, writesPerSecond * BURST_SECONDS];
    this.#now = now;
    this.#filledAt = now();
  }

  /** Milliseconds until something may be written; 0 now. */
  get waitMs(): number {
    this.#fill();
    const waits = this.#tokens.map((tokens, i) => (tokens > 0 ? 0 : (1 - tokens) / (this.#rates[i] as number)));
    return Math.ceil(Math.max(...waits) * 1_000);
  }

  /** Notes what was written. */
  spend(bytes: number, writes: number): void {
    this.#fill();
    this.#tokens = [this.#tokens[0] - bytes, this.#tokens[1] - writes];
  }

  #fill(): void {
    const now = this.#now();
    const seconds = (now - this.#filledAt) / 1_000;
    this.#filledAt = now;
    const [bytes, writes] = this.#rates;
    this.#tokens = [
      Math.min(bytes * BURST_SECONDS, this.#tokens[0] + bytes * seconds),
      Math.min(writes * BURST_SECONDS, this.#tokens[1] + writes * seconds),
    ];
  }
}
