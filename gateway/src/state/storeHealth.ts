import type { StoreStatus } from './store.ts';

export interface StoreHealthOptions {
  /** Asks the store whether it is there; rejects, within a bounded time, where it is not. */
  readonly ask: () => Promise<void>;
  /** It has not answered for this long: whatever carries the questions should be made anew. */
  readonly onDeaf: () => void;
  readonly onChanged: (status: StoreStatus) => void;
}

const ASK_EVERY_MS = 1_000;
const ASK_AGAIN_MS = 250;
/** Who was back for less than this and failed stays away for `REST_MS`, even though it answers: else every command would try it. */
const SOON_MS = 1_000;
const REST_MS = 1_000;
const DEAF_MS = 2_000;

/**
 * Whether a store is worth asking. One command without an answer is enough to say no, so that a dead store costs the requests of one
 * time limit and no others; it is then asked in the background, at once and four times a second, and never by a request.
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #status: StoreStatus = { up: false, since: Date.now() };
  #upAt = Number.NEGATIVE_INFINITY;
  #restsUntil = 0;
  #deafSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #closed = false;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** The connection is gone: that costs nobody time, and once there is another the store is as good as before. */
  lost(): void {
    if (this.#status.up) this.#change(false);
    this.ask();
  }

  /** A command got no answer, or one that says that the store cannot work. */
  failed(): void {
    const now = performance.now();
    if (this.#status.up) {
      this.#restsUntil = now - this.#upAt < SOON_MS ? now + REST_MS : now;
      this.#deafSince = now;
      this.#change(false);
    }
    this.ask();
  }

  /** Looks at once: something happened that may have brought it back. */
  ask(): void {
    if (!this.#closed && !this.#isAsking) void this.#ask();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    clearTimeout(this.#timer);
    const answered = await this.#options.ask().then(
      () => true,
      () => false,
    );
    this.#isAsking = false;
    if (this.#closed) return;
    if (answered) this.#onAnswer();
    else this.#onSilence();
    this.#schedule(this.#status.up ? ASK_EVERY_MS : ASK_AGAIN_MS);
  }

  #onAnswer(): void {
    this.#deafSince = undefined;
    if (!this.#status.up && performance.now() >= this.#restsUntil) this.#change(true);
  }

  #onSilence(): void {
    const now = performance.now();
    if (this.#status.up) this.#change(false);
    this.#deafSince ??= now;
    if (now - this.#deafSince < DEAF_MS) return;
    this.#deafSince = now;
    this.#options.onDeaf();
  }

  #schedule(afterMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.ask(), afterMs).unref();
  }

  #change(up: boolean): void {
    this.#status = { up, since: Date.now() };
    if (up) this.#upAt = performance.now();
    this.#options.onChanged(this.#status);
  }
}
