interface Due<K> {
  readonly key: K;
  readonly atMs: number;
  /** Who came first goes first among those that are due at once. */
  readonly order: number;
}

/** Keys with the moment each is due: the first one is found at once, whatever their number; a change takes logarithmic time. */
export class DueHeap<K> {
  readonly #heap: Due<K>[] = [];
  readonly #places = new Map<K, number>();
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The key that is due first. */
  get first(): { readonly key: K; readonly atMs: number } | undefined {
    return this.#heap[0];
  }

  /** Adds the key, or moves it where it is due at another moment than before. */
  set(key: K, atMs: number): void {
    const place = this.#places.get(key);
    if (place !== undefined && this.#heap[place]?.atMs === atMs) return;
    if (place !== undefined) this.delete(key);
    this.#order += 1;
    this.#heap.push({ key, atMs, order: this.#order });
    this.#rise(this.#heap.length - 1);
  }

  delete(key: K): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    const last = this.#heap.pop() as Due<K>;
    if (place === this.#heap.length) return;
    this.#put(last, place);
    this.#sink(place);
    this.#rise(place);
  }

  #rise(from: number): void {
    const due = this.#heap[from] as Due<K>;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above] as Due<K>;
      if (!isBefore(due, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(due, place);
  }

  #sink(from: number): void {
    const due = this.#heap[from] as Due<K>;
    let place = from;
    for (;;) {
      const below = this.#earlierChild(place);
      if (below === undefined || !isBefore(this.#heap[below] as Due<K>, due)) break;
      this.#put(this.#heap[below] as Due<K>, place);
      place = below;
    }
    this.#put(due, place);
  }

  #earlierChild(place: number): number | undefined {
    const left = 2 * place + 1;
    if (left >= this.#heap.length) return undefined;
    const [one, other] = [this.#heap[left], this.#heap[left + 1]];
    return other !== undefined && isBefore(other, one as Due<K>) ? left + 1 : left;
  }

  #put(due: Due<K>, place: number): void {
    this.#heap[place] = due;
    this.#places.set(due.key, place);
  }
}

function isBefore<K>(a: Due<K>, b: Due<K>): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}
