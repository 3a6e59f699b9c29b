import type { Arrivals } from '../account/account.ts';
import { toRanges } from '../account/ranges.ts';
import { parseId } from '../requestId.ts';

const MAX_IDS = 4_000_000;

/** Ids that one upstream saw, in order. */
export interface ArrivalBatch {
  /** The life of one process: a restarted container is another. */
  readonly sender: string;
  /** Counts from 1; a batch that comes again, because its answer was lost, is counted once. */
  readonly batch: number;
  readonly ids: readonly string[];
}

/** Remembers which requests arrived, for upstreams that come and go. Throws beyond four million ids rather than forget one. */
export class Ledger {
  readonly #runs = new Map<string, Map<number, number>>();
  readonly #batches = new Map<string, number>();
  #ids = 0;

  record({ sender, batch, ids }: ArrivalBatch): void {
    if (batch <= (this.#batches.get(sender) ?? 0)) return;
    if (this.#ids + ids.length > MAX_IDS) throw new Error(`the ledger is full: ${this.#ids} ids`);
    this.#batches.set(sender, batch);
    for (const text of ids) this.#count(text);
  }

  arrivals(run: string): Arrivals {
    const counts = this.#runs.get(run) ?? new Map<number, number>();
    const repeated = [...counts].filter(([, count]) => count > 1);
    return { arrived: toRanges(counts.keys()), repeated: Object.fromEntries(repeated) };
  }

  #count(text: string): void {
    const id = parseId(text);
    if (id === undefined) return;
    const counts = this.#runs.get(id.run) ?? new Map<number, number>();
    this.#runs.set(id.run, counts);
    counts.set(id.number, (counts.get(id.number) ?? 0) + 1);
    this.#ids += 1;
  }
}
