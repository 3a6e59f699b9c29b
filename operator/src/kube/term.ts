import type { Clock } from './clock.ts';

export interface TermOptions {
  readonly clock: Clock;
  /** How long it lasts after a renewal. */
  readonly lengthMs: number;
  readonly onStartedLeading: () => void;
  readonly onStoppedLeading: () => void | Promise<void>;
}

/** One moment by both clocks: the date goes on while a machine sleeps, the other one never goes back. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** The time for which this process leads: it ends by itself unless it is renewed. */
export class Term {
  readonly #options: TermOptions;
  #renewedAt: Moment | undefined;
  #cancelEnd = (): void => {};
  #ending: Promise<void> = Promise.resolve();

  constructor(options: TermOptions) {
    this.#options = options;
  }

  moment(): Moment {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  }

  isOn(): boolean {
    return this.#leftMs(this.#renewedAt) > 0;
  }

  /** Begins or prolongs it, counted from `moment`. One that would be over already does not begin. */
  renew(moment: Moment): void {
    const wasOn = this.#renewedAt !== undefined;
    if (!wasOn && this.#leftMs(moment) <= 0) return;
    this.#renewedAt = moment;
    if (!wasOn) this.#options.onStartedLeading();
    this.#watchEnd();
  }

  /** Ends it now. Resolves when `onStoppedLeading` has. */
  end(): Promise<void> {
    this.#cancelEnd();
    if (this.#renewedAt === undefined) return this.#ending;
    this.#renewedAt = undefined;
    this.#ending = Promise.resolve(this.#options.onStoppedLeading());
    return this.#ending;
  }

  /** Resolves when a term that is over has been wound up. Ends one that ran out before its timer came. */
  settled(): Promise<void> {
    return this.isOn() ? Promise.resolve() : this.end();
  }

  #leftMs(since: Moment | undefined): number {
    if (since === undefined) return 0;
    const { nowMs, wallMs } = this.moment();
    return this.#options.lengthMs - Math.max(nowMs - since.nowMs, wallMs - since.wallMs);
  }

  #watchEnd(): void {
    this.#cancelEnd();
    const leftMs = this.#leftMs(this.#renewedAt);
    if (leftMs <= 0) void this.end();
    else this.#cancelEnd = this.#options.clock.after(leftMs, () => this.#watchEnd());
  }
}
