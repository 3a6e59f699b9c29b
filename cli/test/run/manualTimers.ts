import type { Timers } from '@evergate/gateway/reload/timers';

interface Waiting {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that goes on when the test says so. */
export class ManualTimers implements Timers {
  #now = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const waiting = { at: this.#now + delayMs, run };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Runs what is due within the next `ms` milliseconds, in its order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
  }
}
