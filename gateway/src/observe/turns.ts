/** Lets one holder in at a time, and a bounded number wait. */
export class Turns {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** `limit` is how many may wait. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves to what ends the turn, to be called once, when it is one's turn; to undefined at once where too many wait already. */
  async take(): Promise<(() => void) | undefined> {
    if (this.#taken) {
      if (this.#waiting.length >= this.#limit) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#taken = true;
    return () => this.#pass();
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}
