/** Finer than the latencies that are told apart. */
const TICK_MS = 2;

/**
 * Calls `fire` at a constant rate whatever becomes of the calls, for `seconds` or until the signal: a target that stalls is not spared. Each
 * call gets its number and when it was due (`performance.now()`), so that the time it waited for its turn counts as latency.
 */
export function openLoop(
  ratePerSecond: number,
  seconds: number,
  fire: (number: number, dueAt: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  const total = Math.floor(ratePerSecond * seconds);
  const { promise, resolve } = Promise.withResolvers<void>();
  let number = 0;
  const timer = setInterval(() => {
    // The first is due at once: one more than whole periods have passed.
    const passed = (performance.now() - start) / 1_000;
    const due = Math.min(total, Math.floor(passed * ratePerSecond) + 1);
    for (; number < due; number += 1) fire(number, start + (number * 1_000) / ratePerSecond);
    if (passed >= seconds) resolve();
  }, TICK_MS);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
  });
}
