import { ExpiringCache } from './expiringCache.ts';
import type { LimitCharge, LimitState } from './limit.ts';
import { LocalLimits } from './localLimits.ts';
import type { Store, StoredSession, StoreStatus } from './store.ts';

const MAX_COUNTERS = 20_000;
const MAX_VALUES = 10_000;
const MAX_CHARACTERS = 16_777_216;

/** A store in the memory of one process, for a fleet without Redis: nothing in it is shared, and all of it is bounded. */
export class MemoryStore implements Store {
  readonly status: StoreStatus = { up: true, since: Date.now() };
  readonly #limits: LocalLimits;
  readonly #values: ExpiringCache<string>;

  /** `now` is in milliseconds and never goes back. */
  constructor(now: () => number) {
    this.#limits = new LocalLimits(MAX_COUNTERS, now);
    this.#values = new ExpiringCache({
      maxEntries: MAX_VALUES,
      maxSize: MAX_CHARACTERS,
      sizeOf: (value) => value.length,
      now,
    });
  }

  async take(charges: readonly LimitCharge[]): Promise<readonly LimitState[]> {
    return this.#limits.take(charges);
  }

  async session(key: string, renewMs: number): Promise<StoredSession | undefined> {
    const value = this.#values.get(key);
    if (value !== undefined && renewMs > 0) this.#values.set(key, value, renewMs);
    return value;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#values.set(key, value, ttlMs);
  }

  async replace(key: string, value: string, ttlMs: number): Promise<void> {
    if (this.#values.get(key) !== undefined) this.#values.set(key, value, ttlMs);
  }

  close(): void {
    this.#values.clear();
  }
}
