/** Time and chance, as arguments, so that tests need no waiting and no luck. */
export interface Clock {
  /** Milliseconds since some moment in the past; never goes back, whatever happens to the date. */
  nowMs(): number;
  /** Milliseconds since the epoch: the date, which may jump. */
  wallMs(): number;
  /** Calls `run` once, after `delayMs`. Returns what cancels it; cancelling twice, or late, does nothing. */
  after(delayMs: number, run: () => void): () => void;
  /** At least 0 and below 1. */
  random(): number;
}

/** The process's own. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Resolves after `delayMs`. Rejects with the signal's reason when that comes first. */
export function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.reject(signal.reason);
  const cancel = clock.after(delayMs, resolve);
  const abort = (): void => {
    cancel();
    reject(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  return promise.finally(() => signal?.removeEventListener('abort', abort));
}
