const TICK_MS = 16;
const SLOTS = 1024;
/** Values of `DeadlineEntry.slot` outside the wheel. */
const UNARMED = -1;
const DUE = -2;

/** What waits for a deadline: an intrusive list node, so that arming one allocates nothing. */
export interface DeadlineEntry {
  /** On the wheel's clock, in milliseconds; infinite for never. While armed it may be moved later, by a plain store. */
  deadlineAt: number;
  nextEntry: DeadlineEntry | undefined;
  previousEntry: DeadlineEntry | undefined;
  /** Where it stands in the wheel; -1 while not armed. Only the wheel writes it. */
  slot: number;
  onDeadline(): void;
}

/**
 * Deadlines of all requests on one coarse clock: a hashed timing wheel (Varghese and Lauck, 1987). Arming and disarming cost
 * a few nanoseconds where a timer a request costs 300 or more. An entry fires at its deadline or up to two ticks (32 ms) later, never
 * before. The tick runs only while something is armed.
 */
export class Deadlines {
  readonly #slots: (DeadlineEntry | undefined)[] = new Array<DeadlineEntry | undefined>(SLOTS).fill(undefined);
  readonly #clock: () => number;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  #cursor = 0;
  /** Milliseconds of the wheel's clock at the last tick; exact enough for deadlines, free to read. */
  now: number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.now = clock();
  }

  /** How many deadlines are armed. */
  get size(): number {
    return this.#count;
  }

  /** Arms `entry`, which is not armed, for its `deadlineAt`. */
  arm(entry: DeadlineEntry): void {
    if (this.#timer === undefined) this.#start();
    this.#link(entry);
    this.#count++;
  }

  /** Disarms `entry`; one that is not armed is left alone. */
  disarm(entry: DeadlineEntry): void {
    if (entry.slot >= 0) {
      this.#unlink(entry);
      this.#count--;
    }
    entry.slot = UNARMED;
  }

  /** The time `afterMs` from now on the coarse clock, rounded up: what an armed entry's `deadlineAt` may be moved to. */
  after(afterMs: number): number {
    if (this.#timer === undefined) this.now = this.#clock();
    return this.now + TICK_MS + afterMs;
  }

  /** Fires what is due. Called by the timer; tests call it with their own clock. */
  tick(): void {
    this.now = this.#clock();
    const tickNow = Math.floor(this.now / TICK_MS);
    const behind = Math.min(tickNow - this.#cursor, SLOTS);
    // First, so that what the callbacks arm comes behind the slots of this tick.
    this.#cursor = tickNow;
    for (let step = 0; step < behind; step++) this.#visit((tickNow - behind + step + 1) % SLOTS);
    if (this.#count === 0) this.close();
  }

  /** Stops the tick. Armed entries stay and go on with the next `arm`. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.now = this.#clock();
    if (this.#count === 0) this.#cursor = Math.floor(this.now / TICK_MS);
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Callbacks run after the slot was gone through: they may arm and disarm whatever they like. */
  #visit(slot: number): void {
    let due: DeadlineEntry[] | undefined;
    let entry = this.#slots[slot];
    while (entry !== undefined) {
      const next: DeadlineEntry | undefined = entry.nextEntry;
      this.#unlink(entry);
      if (entry.deadlineAt > this.now) {
        this.#link(entry);
      } else {
        entry.slot = DUE;
        this.#count--;
        due ??= [];
        due.push(entry);
      }
      entry = next;
    }
    for (const fired of due ?? []) fire(fired);
  }

  #link(entry: DeadlineEntry): void {
    const wanted = Math.ceil(entry.deadlineAt / TICK_MS);
    const slot = Math.min(Math.max(wanted, this.#cursor + 1), this.#cursor + SLOTS - 1) % SLOTS;
    const head = this.#slots[slot];
    entry.slot = slot;
    entry.previousEntry = undefined;
    entry.nextEntry = head;
    if (head !== undefined) head.previousEntry = entry;
    this.#slots[slot] = entry;
  }

  #unlink(entry: DeadlineEntry): void {
    if (entry.previousEntry === undefined) this.#slots[entry.slot] = entry.nextEntry;
    else entry.previousEntry.nextEntry = entry.nextEntry;
    if (entry.nextEntry !== undefined) entry.nextEntry.previousEntry = entry.previousEntry;
    entry.nextEntry = undefined;
    entry.previousEntry = undefined;
    entry.slot = UNARMED;
  }
}

function fire(entry: DeadlineEntry): void {
  if (entry.slot !== DUE) return;
  entry.slot = UNARMED;
  entry.onDeadline();
}
