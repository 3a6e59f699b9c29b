import type { Clock } from '../../src/kube/clock.ts';

interface Waiting {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that goes on when the test says so, and chance that the test chooses. */
export class ManualClock implements Clock {
  /** What `random` answers. */
  chance = 0.5;
  #nowMs = 1_000;
  #wallMs = Date.UTC(2026, 0, 1);
  readonly #waiting = new Set<Waiting>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  random(): number {
    return this.chance;
  }

  after(delayMs: number, run: () => void): () => void {
    const waiting = { atMs: this.#nowMs + delayMs, run };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** In how many milliseconds the next timer runs. */
  get nextInMs(): number | undefined {
    const due = [...this.#waiting].map(({ atMs }) => atMs - this.#nowMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Runs what is due within the next `ms` milliseconds, in its order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#pass(next.atMs - this.#nowMs);
      next.run();
    }
    this.#pass(untilMs - this.#nowMs);
  }

  /** As a process that is frozen: time passes and no timer runs. */
  freeze(ms: number): void {
    this.#pass(ms);
  }

  /** The date is put right; the other clock does not notice. */
  setDateForward(ms: number): void {
    this.#wallMs += ms;
  }

  #pass(ms: number): void {
    this.#nowMs += ms;
    this.#wallMs += ms;
  }
}
