/** Stands for none: an unknown, removed or refused id. Never handed out by `slotFor`, always valid. */
export const noSlot = 0;

const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATIONS = 1 << 10;

export interface SlotsOptions {
  /** How many ids may have a slot at once, at most 1,048,575; further ones get `noSlot`. */
  readonly limit: number;
  /** How long a removed id keeps its slot, so that its last counts are still read and requests in flight find it. */
  readonly graceMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * Gives names with a lifetime a stable index into typed arrays. A slot carries the generation of its index, so that whoever
 * keeps one beyond its id's removal counts for none rather than for the next owner.
 */
export class Slots {
  readonly #options: SlotsOptions;
  readonly #indexOf = new Map<string, number>();
  readonly #free: number[] = [];
  /** By index; index 0 is none. */
  readonly #ids: (string | undefined)[] = [undefined];
  readonly #labels: (string | undefined)[];
  readonly #generation: number[] = [0];
  /** Of the last `retain` that named it; an index removed since has `#removedAt`. */
  readonly #retained: number[] = [0];
  readonly #removedAt: number[] = [Number.NaN];
  #retains = 0;

  /** `noLabels` is the label text of index 0. */
  constructor(noLabels: string, options: SlotsOptions) {
    this.#labels = [noLabels];
    this.#options = options;
  }

  /** One more than the highest index in use. */
  get size(): number {
    return this.#labels.length;
  }

  /** The slot of an id, the same as long as the id is not removed for longer than the grace. `labels` is kept from the first call. */
  slotFor(id: string, labels: () => string): number {
    const known = this.#indexOf.get(id);
    if (known !== undefined) return this.#revive(known);
    if (this.#indexOf.size >= this.#options.limit) return noSlot;
    const index = this.#free.pop() ?? this.#labels.length;
    this.#generation[index] ??= 0;
    this.#indexOf.set(id, index);
    this.#ids[index] = id;
    this.#labels[index] = labels();
    return this.#revive(index);
  }

  /** Removes every id whose slot is not named. Naming it again within the grace brings it back. */
  retain(slots: Iterable<number>): void {
    this.#retains += 1;
    for (const slot of slots) this.#revive(this.index(slot));
    const now = this.#options.now();
    for (let index = 1; index < this.#retained.length; index += 1) {
      if (this.#retained[index] !== this.#retains && Number.isNaN(this.#removedAt[index])) this.#removedAt[index] = now;
    }
  }

  /** Frees what was removed a grace ago, and returns those indexes: their cells are to be cleared before the next `slotFor`. */
  sweep(): number[] {
    const due = this.#options.now() - this.#options.graceMs;
    const freed: number[] = [];
    for (let index = 1; index < this.#removedAt.length; index += 1) {
      if ((this.#removedAt[index] as number) <= due) freed.push(index);
    }
    for (const index of freed) this.#release(index);
    return freed;
  }

  /** The index a slot stands for; 0 where its id is gone. */
  index(slot: number): number {
    const index = slot & INDEX_MASK;
    return this.#generation[index] === slot >>> INDEX_BITS ? index : 0;
  }

  /** The label text of an index; undefined where it is free. */
  labels(index: number): string | undefined {
    return this.#labels[index];
  }

  #revive(index: number): number {
    this.#retained[index] = this.#retains;
    this.#removedAt[index] = Number.NaN;
    return ((this.#generation[index] as number) << INDEX_BITS) | index;
  }

  #release(index: number): void {
    this.#indexOf.delete(this.#ids[index] as string);
    this.#ids[index] = undefined;
    this.#labels[index] = undefined;
    this.#removedAt[index] = Number.NaN;
    this.#generation[index] = ((this.#generation[index] as number) + 1) % GENERATIONS;
    this.#free.push(index);
  }
}

/** `cells`, or a copy of at least twice its length where it is too short for `size` rows of `stride`. */
export function grown(cells: Float64Array<ArrayBuffer>, size: number, stride: number): Float64Array<ArrayBuffer> {
  if (size * stride <= cells.length) return cells;
  const wider = new Float64Array(Math.max(size * stride, cells.length * 2));
  wider.set(cells);
  return wider;
}
