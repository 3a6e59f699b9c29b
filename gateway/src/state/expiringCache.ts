export interface ExpiringCacheOptions<V> {
  readonly maxEntries: number;
  /** Of all values together, in the unit of `sizeOf`. */
  readonly maxSize?: number;
  readonly sizeOf?: (value: V) => number;
  /** Milliseconds; never goes back. */
  readonly now: () => number;
}

interface Entry<V> {
  readonly value: V;
  readonly size: number;
  readonly expiresAt: number;
}

/** Values that are good for a while. Bounded: what was set or read longest ago goes first. */
export class ExpiringCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #options: ExpiringCacheOptions<V>;
  #size = 0;

  constructor(options: ExpiringCacheOptions<V>) {
    this.#options = options;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= this.#options.now()) {
      this.#size -= entry.size;
      return undefined;
    }
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** A value larger than all may be together is not kept. */
  set(key: string, value: V, ttlMs: number): void {
    this.delete(key);
    const { maxEntries, maxSize = Number.POSITIVE_INFINITY, sizeOf, now } = this.#options;
    const size = sizeOf === undefined ? 0 : sizeOf(value);
    if (size > maxSize || ttlMs <= 0) return;
    this.#size += size;
    this.#entries.set(key, { value, size, expiresAt: now() + ttlMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#size <= maxSize) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}
