import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** In milliseconds, to three figures. */
export interface LatencySummary {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Collects durations in a histogram with buckets of constant relative width, up to ten minutes. */
export class Latencies {
  readonly #micros: RecordableHistogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });

  record(ms: number): void {
    this.#micros.record(Math.max(1, Math.round(ms * 1_000)));
  }

  summary(): LatencySummary {
    const at = (percent: number): number => this.#micros.percentile(percent) / 1_000;
    return {
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      maxMs: this.#micros.count === 0 ? 0 : this.#micros.max / 1_000,
    };
  }
}
