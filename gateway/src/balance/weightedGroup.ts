import type { Backend } from '../upstream/backend.ts';
import type { WeightedBackend } from './weightedBackends.ts';

/**
 * Splits requests by weight: nginx's smooth weighted round robin, so the shares are exact over each sum of weights and no backend gets
 * its share in one burst.
 */
export class WeightedGroup {
  readonly entries: readonly WeightedBackend[];
  readonly #credits: Float64Array;
  readonly #total: number;

  /** Each entry has a weight of 1 or more. */
  constructor(entries: readonly WeightedBackend[]) {
    this.entries = entries;
    this.#credits = new Float64Array(entries.length);
    this.#total = entries.reduce((sum, entry) => sum + entry.weight, 0);
  }

  /** The backend whose turn it is, whatever its health. */
  pick(): Backend | null | undefined {
    const { entries } = this;
    if (entries.length <= 1) return entries[0]?.backend;
    const credits = this.#credits;
    let best = 0;
    for (let index = 0; index < entries.length; index++) {
      credits[index] = (credits[index] as number) + (entries[index] as WeightedBackend).weight;
      if ((credits[index] as number) > (credits[best] as number)) best = index;
    }
    credits[best] = (credits[best] as number) - this.#total;
    return (entries[best] as WeightedBackend).backend;
  }

  /** ... and of those that can take requests, if any can. */
  pickHealthy(now: number): Backend | null | undefined {
    for (let tries = this.entries.length; tries > 0; tries--) {
      const backend = this.pick();
      if (backend && backend.capacity(now) > 0) return backend;
    }
    return this.entries.find(({ backend }) => backend && backend.capacity(now) > 0)?.backend ?? this.pick();
  }

  /** From 0 to 1: how much of it is there to take requests. */
  capacity(now: number): number {
    let capacity = 0;
    for (const { backend, weight } of this.entries) capacity += (backend?.capacity(now) ?? 0) * weight;
    return capacity / this.#total;
  }
}
