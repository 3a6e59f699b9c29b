import type { Backend } from '../upstream/backend.ts';

/** One backend of a rule and its share; null stands for a reference that could not be resolved. */
export interface WeightedBackend {
  readonly backend: Backend | null;
  readonly weight: number;
}

/**
 * Splits a rule's requests by weight: nginx's smooth weighted round robin, so the shares are exact over each sum of weights and no
 * backend gets its share in one burst. Keeps its position while the rule is unchanged.
 */
export class WeightedBackends {
  readonly #entries: readonly WeightedBackend[];
  readonly #credits: Float64Array;
  readonly #total: number;

  constructor(entries: readonly WeightedBackend[]) {
    this.#entries = entries.filter((entry) => entry.weight > 0);
    this.#credits = new Float64Array(this.#entries.length);
    this.#total = this.#entries.reduce((sum, entry) => sum + entry.weight, 0);
  }

  get entries(): readonly WeightedBackend[] {
    return this.#entries;
  }

  /** The backend whose turn it is; undefined where no backend has a weight, null where it could not be resolved. */
  pick(): Backend | null | undefined {
    const entries = this.#entries;
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
}
