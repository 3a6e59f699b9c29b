import type { LimitCharge, LimitState } from './limit.ts';

const STEPS = 60;

/** A counter, whichever algorithm it is for. */
interface Counter {
  /** SlidingWindow: requests in the window. FixedWindow: in this one. */
  count: number;
  /** SlidingWindow: the step of the last request. FixedWindow: when the window ends. TokenBucket: when the bucket is full. */
  at: number;
  /** Of SlidingWindow: requests by step. */
  ring: Uint32Array | undefined;
}

interface Weighed {
  readonly counter: Counter;
  readonly state: LimitState;
}

/**
 * The limits of one process, in memory, with the algorithms of `scripts/` and what they promise. At most `capacity` counters: those that
 * were used longest ago are forgotten first, and a forgotten one begins anew.
 */
export class LocalLimits {
  readonly #counters = new Map<string, Counter>();
  readonly #capacity: number;
  readonly #now: () => number;

  /** `now` is in milliseconds and never goes back. */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#counters.size;
  }

  /** Charges all or, where one refuses that is no dry run, none. */
  take(charges: readonly LimitCharge[]): readonly LimitState[] {
    const now = this.#now();
    const weighed = charges.map((charge) => this.#weigh(charge, now));
    if (charges.some(({ dryRun }, at) => !dryRun && weighed[at]?.state.admitted === false)) return weighed.map(stateOf);
    return weighed.map(({ counter, state }, at) => {
      if (!state.admitted) return state;
      charge(charges[at] as LimitCharge, counter, now);
      return { ...state, remaining: state.remaining - 1 };
    });
  }

  #weigh(charge: LimitCharge, now: number): Weighed {
    const counter = this.#counterOf(charge);
    switch (charge.algorithm) {
      case 'SlidingWindow':
        return { counter, state: weighSliding(charge, counter, now) };
      case 'FixedWindow':
        return { counter, state: weighFixed(charge, counter, now) };
      case 'TokenBucket':
        return { counter, state: weighBucket(charge, counter, now) };
    }
  }

  #counterOf({ key, algorithm }: LimitCharge): Counter {
    const known = this.#counters.get(key);
    const ring = algorithm === 'SlidingWindow' ? new Uint32Array(STEPS + 1) : undefined;
    const counter = known ?? { count: 0, at: 0, ring };
    // The map keeps the order of insertion, so what was used last stands last.
    if (known !== undefined) this.#counters.delete(key);
    else if (this.#counters.size >= this.#capacity) this.#dropOldest();
    this.#counters.set(key, counter);
    return counter;
  }

  #dropOldest(): void {
    for (const key of this.#counters.keys()) {
      this.#counters.delete(key);
      return;
    }
  }
}

function stateOf({ state }: Weighed): LimitState {
  return state;
}

function weighSliding({ requests, windowMs }: LimitCharge, counter: Counter, now: number): LimitState {
  const { ring } = counter;
  if (ring === undefined) return { admitted: true, remaining: requests, resetMs: windowMs };
  const sizeMs = windowMs / STEPS;
  const step = Math.max(counter.at, Math.floor(now / sizeMs));
  const passed = Math.min(step - counter.at, STEPS + 1);
  for (let expired = step - passed + 1; expired <= step; expired++) {
    counter.count -= ring[expired % (STEPS + 1)] as number;
    ring[expired % (STEPS + 1)] = 0;
  }
  counter.at = step;
  if (counter.count < requests) return { admitted: true, remaining: requests - counter.count, resetMs: windowMs };
  let oldest = step - STEPS;
  while (oldest < step && ring[((oldest % (STEPS + 1)) + STEPS + 1) % (STEPS + 1)] === 0) oldest++;
  return { admitted: false, remaining: 0, resetMs: (oldest + STEPS + 1) * sizeMs - now };
}

function weighFixed({ requests, windowMs }: LimitCharge, counter: Counter, now: number): LimitState {
  if (now >= counter.at) {
    counter.count = 0;
    counter.at = now + windowMs;
  }
  const remaining = Math.max(0, requests - counter.count);
  return { admitted: remaining > 0, remaining, resetMs: counter.at - now };
}

function weighBucket({ requests, windowMs, burst }: LimitCharge, counter: Counter, now: number): LimitState {
  const intervalMs = windowMs / requests;
  const full = Math.max(counter.at, now);
  const free = (now + burst * intervalMs - full) / intervalMs;
  if (free < 1) return { admitted: false, remaining: 0, resetMs: (1 - free) * intervalMs };
  return { admitted: true, remaining: Math.floor(free), resetMs: full + intervalMs - now };
}

function charge({ algorithm, requests, windowMs }: LimitCharge, counter: Counter, now: number): void {
  if (algorithm === 'TokenBucket') {
    counter.at = Math.max(counter.at, now) + windowMs / requests;
    return;
  }
  counter.count++;
  const { ring } = counter;
  if (ring !== undefined) (ring[counter.at % (STEPS + 1)] as number)++;
}
