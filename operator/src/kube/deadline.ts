import type { Clock } from './clock.ts';

/** A signal that ends when the caller's does, or when time is up. `clear` it when the work is done. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  timedOut(): boolean;
  clear(): void;
}

export function startDeadline(clock: Clock, timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let late = false;
  const abort = (): void => controller.abort(caller?.reason);
  const cancel = clock.after(timeoutMs, () => {
    late = true;
    controller.abort(new Error(`no complete answer within ${timeoutMs} ms`));
  });
  if (caller?.aborted) abort();
  else caller?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    timedOut: () => late && !caller?.aborted,
    clear() {
      cancel();
      caller?.removeEventListener('abort', abort);
    },
  };
}
