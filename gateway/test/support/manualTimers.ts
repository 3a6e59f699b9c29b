import type { Timers } from '../../src/reload/timers.ts';
import { eventually } from './eventually.ts';

/** A clock that stands still until a test moves it on. */
export class ManualTimers implements Timers {
  #now = 1_700_000_000_000;
  readonly #waiting = new Map<() => void, number>();

  readonly now = (): number => this.#now;

  after(delayMs: number, run: () => void): () => void {
    // A function of its own for each call: the same may wait twice.
    const entry = (): void => run();
    this.#waiting.set(entry, this.#now + delayMs);
    return () => this.#waiting.delete(entry);
  }

  /** Runs what is due then, in its order. */
  pass(ms: number): void {
    this.#now += ms;
    const due = [...this.#waiting].filter(([, at]) => at <= this.#now).sort(([, a], [, b]) => a - b);
    for (const [run] of due) {
      this.#waiting.delete(run);
      run();
    }
  }

  /** Resolves when so many wait for between `fromMs` and `toMs` from now. */
  waits(fromMs: number, toMs: number, count = 1): Promise<void> {
    const fits = (at: number): boolean => at - this.#now >= fromMs && at - this.#now <= toMs;
    return eventually(`${count} wait for ${fromMs} to ${toMs} ms`, () => {
      return [...this.#waiting.values()].filter(fits).length >= count;
    });
  }
}
