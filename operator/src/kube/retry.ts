import { ApiError, isTooManyRequests, isUnreachable } from './apiError.ts';
import { fullJitterMs } from './backoff.ts';
import type { Clock } from './clock.ts';

/** What is done to objects, in the API server's words. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

const MAX_TRIES = 4;
/** Who is asked to wait longer does not wait here: the caller has a queue for that. */
const LONGEST_WAIT_MS = 10_000;
const UNREACHABLE = { baseMs: 200, maxMs: 2_000 };
const OVERLOADED = { baseMs: 500, maxMs: 4_000 };

/**
 * How long to wait before the same request is sent again, after `tries` of them; `undefined` when it shall not be. Creation is never
 * repeated: the first may have happened. A write whose answer was lost is not either, because the caller must look first.
 */
export function retryDelayMs(
  error: unknown,
  verb: Verb,
  tries: number,
  clock: Pick<Clock, 'random'>,
): number | undefined {
  if (!(error instanceof ApiError) || tries >= MAX_TRIES || verb === 'create') return undefined;
  if (isUnreachable(error)) {
    const onlyReads = verb === 'get' || verb === 'list';
    return onlyReads && error.reason === 'Unreachable' ? fullJitterMs(clock, UNREACHABLE, tries) : undefined;
  }
  const { retryAfterMs, status } = error;
  if (retryAfterMs !== undefined && (status === 429 || status >= 500)) {
    return retryAfterMs > LONGEST_WAIT_MS ? undefined : retryAfterMs * (1 + clock.random() / 4);
  }
  return isTooManyRequests(error) || status === 503 ? fullJitterMs(clock, OVERLOADED, tries) : undefined;
}
