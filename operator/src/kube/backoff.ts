import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** The longest wait after the first failure; doubles with each further one. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/**
 * How long to wait after the `failures`-th failure in a row, counted from 1: anything between 0 and the doubling limit ("full
 * jitter"), so that many who failed at once do not return at once.
 */
export function fullJitterMs(
  clock: Pick<Clock, 'random'>,
  { baseMs, maxMs }: BackoffOptions,
  failures: number,
): number {
  return clock.random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
}
