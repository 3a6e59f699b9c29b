import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 250;

/** Asks until the answer is neither false nor undefined, and resolves with it. Rejects after `timeoutMs` with what was waited for. */
export async function eventually<T>(
  timeoutMs: number,
  what: string,
  ask: () => Promise<T | false | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(PAUSE_MS);
  }
  throw new Error(`waited ${Math.round(timeoutMs / 1_000)} s in vain for ${what}`, { cause: failure });
}
