/** Counts by a closed set of reasons. */
export class ReasonCounters<Reason extends string> {
  readonly reasons: readonly Reason[];
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #cells: Float64Array;

  constructor(reasons: readonly Reason[]) {
    this.reasons = reasons;
    this.#indexOf = new Map(reasons.map((reason, index) => [reason, index]));
    this.#cells = new Float64Array(reasons.length);
  }

  /** Counts one; a reason outside the set is ignored. */
  add(reason: Reason): void {
    const index = this.#indexOf.get(reason);
    if (index !== undefined) (this.#cells[index] as number) += 1;
  }

  count(reason: Reason): number {
    const index = this.#indexOf.get(reason);
    return index === undefined ? 0 : (this.#cells[index] as number);
  }
}
