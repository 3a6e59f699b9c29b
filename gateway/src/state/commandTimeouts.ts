/** A command that waits for its answer. */
export interface WaitingCommand {
  readonly dueAt: number;
  readonly onTimeout: () => void;
  next: WaitingCommand | undefined;
  previous: WaitingCommand | undefined;
  done: boolean;
}

/** So late a timer shows that the process itself stood still: answers may wait unread, and commands unsent. */
const LATE_MS = 5;
/** What those get beside their limit. */
const GRACE_MS = 5;

/**
 * Time limits of commands that all have the same one, so that the first to come is the first to be due: one timer for all instead of
 * one each, which would cost more than the command. Where the event loop was blocked, what has arrived meanwhile is read first.
 */
export class CommandTimeouts {
  readonly #limitMs: number;
  #first: WaitingCommand | undefined;
  #last: WaitingCommand | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Calls `onTimeout` once, after the limit, unless the command is ended before. */
  add(onTimeout: () => void): WaitingCommand {
    const dueAt = performance.now() + this.#limitMs;
    const command: WaitingCommand = { dueAt, onTimeout, next: undefined, previous: this.#last, done: false };
    if (this.#last === undefined) this.#first = command;
    else this.#last.next = command;
    this.#last = command;
    this.#size++;
    this.#timer ??= setTimeout(() => this.#onTimer(dueAt), this.#limitMs).unref();
    return command;
  }

  /** The command is over; false where its time was up before. */
  end(command: WaitingCommand): boolean {
    if (command.done) return false;
    command.done = true;
    const { next, previous } = command;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    this.#size--;
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#expire(Number.POSITIVE_INFINITY);
  }

  #onTimer(wantedAt: number): void {
    const isLate = performance.now() - wantedAt > LATE_MS;
    if (isLate) this.#timer = setTimeout(() => this.#settle(), GRACE_MS).unref();
    else this.#settle();
  }

  /** The timer counts as running meanwhile: a command that is added by `onTimeout` must not take it over. */
  #settle(): void {
    this.#expire(performance.now());
    const first = this.#first;
    if (first === undefined) {
      this.#timer = undefined;
      return;
    }
    const leftMs = Math.max(1, Math.ceil(first.dueAt - performance.now()));
    this.#timer = setTimeout(() => this.#onTimer(first.dueAt), leftMs).unref();
  }

  #expire(now: number): void {
    for (let first = this.#first; first !== undefined && first.dueAt <= now; first = this.#first) {
      this.end(first);
      first.onTimeout();
    }
  }
}
