import type { Clock } from './clock.ts';

export interface BucketOptions {
  /** Tokens it holds at most, and at the beginning. */
  readonly burst: number;
  /** One token comes back in this time. */
  readonly refillMs: number;
}

/** Lets a burst through, then so many in a time. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #options: BucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(clock: Pick<Clock, 'nowMs'>, options: BucketOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = clock.nowMs();
  }

  /** Whether there was a token left. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    const { burst, refillMs } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledAtMs) / refillMs);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
