import { randomUUID } from 'node:crypto';
import type { ArrivalBatch } from '../ledger/ledger.ts';

const FLUSH_MS = 200;
const ATTEMPT_MS = 3_000;
const LAST_ATTEMPTS = 5;
const MAX_WAITING = 1_000_000;

/** Tells the ledger which requests arrived, in batches. One that fails is sent again as it was, and the ledger counts it once. */
export class ArrivalSender {
  readonly #url: string;
  readonly #sender = randomUUID();
  readonly #timer: NodeJS.Timeout;
  #waiting: string[] = [];
  #batch: ArrivalBatch | undefined;
  #batches = 0;
  #sending: Promise<void> | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => this.#send(), FLUSH_MS);
    this.#timer.unref();
  }

  /** Throws when a million wait: an account with gaps would judge wrongly. */
  add(id: string): void {
    if (this.#waiting.length >= MAX_WAITING) throw new Error('the ledger does not take arrivals');
    this.#waiting.push(id);
  }

  /** Resolves once the ledger has all; rejects after a few attempts. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (let attempt = 0; attempt < LAST_ATTEMPTS && this.#isBehind; attempt += 1) {
      this.#send();
      await this.#sending;
    }
    if (this.#isBehind) throw new Error('arrivals never reached the ledger');
  }

  get #isBehind(): boolean {
    return this.#batch !== undefined || this.#waiting.length > 0;
  }

  #send(): void {
    if (this.#sending !== undefined || !this.#isBehind) return;
    const batch = this.#batch ?? this.#nextBatch();
    this.#batch = batch;
    this.#sending = this.#post(batch)
      .then(
        () => {
          this.#batch = undefined;
        },
        (error: unknown) => {
          process.stderr.write(`arrivals: ${error instanceof Error ? error.message : error}\n`);
        },
      )
      .finally(() => {
        this.#sending = undefined;
      });
  }

  #nextBatch(): ArrivalBatch {
    const ids = this.#waiting;
    this.#waiting = [];
    this.#batches += 1;
    return { sender: this.#sender, batch: this.#batches, ids };
  }

  async #post(batch: ArrivalBatch): Promise<void> {
    const response = await fetch(`${this.#url}/arrivals`, {
      method: 'POST',
      body: JSON.stringify(batch),
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    await response.text();
    if (!response.ok) throw new Error(`the ledger answered ${response.status}`);
  }
}
