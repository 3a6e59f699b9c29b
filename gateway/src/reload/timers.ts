/** The clock and timers that reloading runs on: an argument, so that tests need no waiting. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after `delayMs`. Returns what cancels it; cancelling twice, or late, does nothing. */
  after(delayMs: number, run: () => void): () => void;
}

/** The process's own; its timers do not keep the process alive. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
