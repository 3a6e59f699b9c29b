import type { Backend } from '../upstream/backend.ts';
import { OVERPROVISIONING } from '../upstream/selection.ts';
import { WeightedGroup } from './weightedGroup.ts';

/** One backend of a rule and its share; null stands for a reference that could not be resolved. */
export interface WeightedBackend {
  readonly backend: Backend | null;
  readonly weight: number;
  /** 0 unless given: a group takes what those with lower numbers cannot. */
  readonly priority?: number | undefined;
}

/**
 * Splits a rule's requests among its backends. Those of the first priority take them all while at least five in seven of their endpoints
 * are healthy; below that a part spills over to the next priority, in proportion (Envoy's priority levels). Within a priority the
 * weights decide. Keeps its position while the rule is unchanged.
 */
export class WeightedBackends {
  readonly #groups: readonly WeightedGroup[];
  readonly #random: () => number;

  /** `random` is uniform from 0 to below 1. */
  constructor(entries: readonly WeightedBackend[], random: () => number = Math.random) {
    const weighted = entries.filter((entry) => entry.weight > 0);
    const byPriority = Map.groupBy(weighted, ({ priority = 0 }) => priority);
    const priorities = [...byPriority.keys()].sort((a, b) => a - b);
    this.#groups = priorities.map((priority) => new WeightedGroup(byPriority.get(priority) ?? []));
    this.#random = random;
  }

  get entries(): readonly WeightedBackend[] {
    return this.#groups.flatMap((group) => group.entries);
  }

  /** The backend whose turn it is at `now`; undefined where no backend has a weight, null where it could not be resolved. */
  pick(now: number): Backend | null | undefined {
    const groups = this.#groups;
    if (groups.length <= 1) return groups[0]?.pick();
    return this.#groupFor(now).pickHealthy(now);
  }

  /** One that is there to take requests while `failed` cannot. */
  instead(failed: Backend, now: number): Backend | undefined {
    if (this.#groups.length <= 1) return undefined;
    for (const group of this.#groups) {
      const other = group.entries.find(
        ({ backend }) => backend !== failed && backend !== null && backend.capacity(now) > 0,
      );
      if (other?.backend) return other.backend;
    }
    return undefined;
  }

  #groupFor(now: number): WeightedGroup {
    const groups = this.#groups;
    // Where no group can take its part, the parts of the others grow: what is drawn beyond all of them goes to the best.
    let left = this.#random();
    let best = groups[0] as WeightedGroup;
    let bestCapacity = 0;
    let remaining = 1;
    for (const group of groups) {
      const capacity = Math.min(1, group.capacity(now) * OVERPROVISIONING);
      const share = Math.min(remaining, capacity);
      if (left < share) return group;
      left -= share;
      remaining -= share;
      if (capacity <= bestCapacity) continue;
      best = group;
      bestCapacity = capacity;
    }
    return best;
  }
}
