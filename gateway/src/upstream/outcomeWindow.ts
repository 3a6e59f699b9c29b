const FAILED = 1;
const SLOW = 2;

/** The latest outcomes of calls, as many as its size, and how many of them were failures or slow. */
export class OutcomeWindow {
  readonly #outcomes: Uint8Array;
  #next = 0;
  #calls = 0;
  #failed = 0;
  #slow = 0;

  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  get size(): number {
    return this.#outcomes.length;
  }

  /** How many outcomes are in it. */
  get calls(): number {
    return this.#calls;
  }

  /** Of a hundred; 0 while it is empty. */
  get failureRate(): number {
    return this.#calls === 0 ? 0 : (this.#failed * 100) / this.#calls;
  }

  /** Of a hundred; 0 while it is empty. */
  get slowRate(): number {
    return this.#calls === 0 ? 0 : (this.#slow * 100) / this.#calls;
  }

  add(failed: boolean, slow: boolean): void {
    const outcomes = this.#outcomes;
    const index = this.#next;
    if (this.#calls === outcomes.length) this.#forget(outcomes[index] as number);
    else this.#calls++;
    outcomes[index] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    if (failed) this.#failed++;
    if (slow) this.#slow++;
    this.#next = index + 1 === outcomes.length ? 0 : index + 1;
  }

  clear(): void {
    this.#next = 0;
    this.#calls = 0;
    this.#failed = 0;
    this.#slow = 0;
  }

  #forget(outcome: number): void {
    if ((outcome & FAILED) !== 0) this.#failed--;
    if ((outcome & SLOW) !== 0) this.#slow--;
  }
}
