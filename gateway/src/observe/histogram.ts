/** Upper bounds of the buckets in milliseconds, inclusive. Fifteen, so that four comparisons find one of sixteen buckets. */
const BOUNDS_MS = Float64Array.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000);

/** A histogram of durations from 1 ms to 60 s. An `observe` allocates nothing and costs a few nanoseconds. */
export class Histogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  /** Counts one duration in milliseconds. */
  observe(durationMs: number): void {
    (this.#counts[bucketOf(durationMs)] as number) += 1;
    this.#sumMs += durationMs;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  /** Pairs of upper bound in milliseconds and how many durations were at most that; the last bound is infinite. */
  cumulative(): { readonly boundMs: number; readonly count: number }[] {
    let count = 0;
    return Array.from(this.#counts, (inBucket, index) => {
      count += inBucket;
      return { boundMs: BOUNDS_MS[index] ?? Number.POSITIVE_INFINITY, count };
    });
  }
}

/** Binary search without branches: each comparison adds half of what is left. */
function bucketOf(durationMs: number): number {
  let bucket = Number(durationMs > (BOUNDS_MS[7] as number)) << 3;
  bucket += Number(durationMs > (BOUNDS_MS[bucket + 3] as number)) << 2;
  bucket += Number(durationMs > (BOUNDS_MS[bucket + 1] as number)) << 1;
  return bucket + Number(durationMs > (BOUNDS_MS[bucket] as number));
}
