import type { DeadlineEntry, Deadlines } from './deadlines.ts';

/** Without a deadline of the route's: how long until the response's head, counted from the last byte of the request. */
const HEAD_MS = 30_000;
/** ... and how long without a byte of the response after that. */
const IDLE_MS = 60_000;

export interface Timeouts {
  /** The whole exchange; 0 is no limit, -1 the default: 30 s to the head, then 60 s without progress. */
  readonly requestTimeoutMs: number;
  /** One attempt; 0 is no limit. */
  readonly backendRequestTimeoutMs: number;
}

/** Which limit was reached. */
export type PassedDeadline = 'RequestDeadline' | 'BackendDeadline';

export interface DeadlineListener {
  onDeadlinePassed(passed: PassedDeadline): void;
  /** The time that `wakeAt` named has come. */
  onWake(): void;
}

/**
 * The deadline of one exchange: the nearest of the request's, the attempt's and the default's limit, in one entry of the wheel. Between
 * attempts the same entry wakes who waits for the next.
 */
export class ExchangeDeadline implements DeadlineEntry {
  readonly #deadlines: Deadlines;
  readonly #timeouts: Timeouts;
  readonly #listener: DeadlineListener;
  #requestEndsAt: number;
  #attemptEndsAt = Number.POSITIVE_INFINITY;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Milliseconds without a byte that are too long now; 0 where the route has a deadline of its own. */
  #idleMs: number;

  deadlineAt = 0;
  nextEntry: DeadlineEntry | undefined;
  previousEntry: DeadlineEntry | undefined;
  slot = -1;

  constructor(deadlines: Deadlines, timeouts: Timeouts, startedAt: number, listener: DeadlineListener) {
    this.#deadlines = deadlines;
    this.#timeouts = timeouts;
    this.#listener = listener;
    this.#requestEndsAt =
      timeouts.requestTimeoutMs > 0 ? startedAt + timeouts.requestTimeoutMs : Number.POSITIVE_INFINITY;
    this.#idleMs = timeouts.requestTimeoutMs < 0 ? HEAD_MS : 0;
  }

  /** When the whole exchange must be over; infinite without such a limit. */
  get requestEndsAt(): number {
    return this.#requestEndsAt;
  }

  /** An attempt begins, at `now` on the wheel's clock. */
  attemptStarted(now: number): void {
    const { backendRequestTimeoutMs } = this.#timeouts;
    if (backendRequestTimeoutMs > 0) this.#attemptEndsAt = now + backendRequestTimeoutMs;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#rearm();
  }

  /** No attempt is under way until `wakeAt` on the wheel's clock: the listener is woken then, if no limit comes before. */
  wakeAt(wakeAt: number): void {
    this.#attemptEndsAt = Number.POSITIVE_INFINITY;
    this.#wakeAt = wakeAt;
    this.#rearm();
  }

  /** A byte went or came. */
  progressed(): void {
    if (this.#idleMs > 0) this.deadlineAt = this.#nearest();
  }

  /** The response's head came. An event stream has no end that a deadline could wait for; the idle limit holds for it too. */
  headReceived(isEventStream: boolean): void {
    if (this.#idleMs > 0) this.#idleMs = IDLE_MS;
    if (!isEventStream) return this.progressed();
    this.#requestEndsAt = Number.POSITIVE_INFINITY;
    this.#attemptEndsAt = Number.POSITIVE_INFINITY;
    if (this.#idleMs === 0) this.stop();
    else this.progressed();
  }

  stop(): void {
    this.#deadlines.disarm(this);
  }

  onDeadline(): void {
    if (this.#wakeAt <= this.deadlineAt) {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      return this.#listener.onWake();
    }
    this.#listener.onDeadlinePassed(this.#attemptEndsAt <= this.deadlineAt ? 'BackendDeadline' : 'RequestDeadline');
  }

  #rearm(): void {
    this.stop();
    this.deadlineAt = this.#nearest();
    if (this.deadlineAt < Number.POSITIVE_INFINITY) this.#deadlines.arm(this);
  }

  #nearest(): number {
    const idleEndsAt = this.#idleMs > 0 ? this.#deadlines.after(this.#idleMs) : Number.POSITIVE_INFINITY;
    return Math.min(this.#requestEndsAt, this.#attemptEndsAt, idleEndsAt, this.#wakeAt);
  }
}
