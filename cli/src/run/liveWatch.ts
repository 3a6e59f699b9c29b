import { documentKinds } from '@evergate/contract/names';
import type { Timers } from '@evergate/gateway/reload/timers';
import type { RevisionAnswer, ServedWrites } from './revision.ts';

const FIRST_POLL_MS = 4;
const LONGEST_POLL_MS = 100;
const GIVE_UP_AFTER_MS = 10_000;
const MAX_AWAITED = 100;

/** A table that was written. */
export interface AwaitedTable {
  readonly number: number;
  readonly writes: ServedWrites;
  /** When the change behind it was seen, in milliseconds on the clock of `timers`. */
  readonly seenAt: number;
  /** Where the milliseconds until it was written went. */
  readonly spentMs: Readonly<Record<string, number>>;
}

export interface LiveWatchOptions {
  /** How many gateways there are; they are numbered from 1. */
  readonly gateways: number;
  ask(gateway: number): Promise<RevisionAnswer | undefined>;
  /** Every gateway serves the table, or a later one. */
  onLive(table: AwaitedTable, afterMs: number): void;
  /** After 10 s these gateways still do not; `answers` has what they said, if anything. */
  onLate(table: AwaitedTable, answers: ReadonlyMap<number, RevisionAnswer | undefined>): void;
  readonly timers: Timers;
}

/** Asks the gateways again and again, soon at first and then less often, until each table that was written is served by all. */
export class LiveWatch {
  readonly #options: LiveWatchOptions;
  #awaited: readonly AwaitedTable[] = [];
  #pollMs = FIRST_POLL_MS;
  #isAsking = false;
  #cancel: () => void = () => {};

  constructor(options: LiveWatchOptions) {
    this.#options = options;
  }

  expect(table: AwaitedTable): void {
    this.#awaited = [...this.#awaited, table].slice(-MAX_AWAITED);
    this.#pollMs = FIRST_POLL_MS;
    this.#schedule();
  }

  close(): void {
    this.#awaited = [];
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel();
    if (this.#isAsking || this.#awaited.length === 0) return;
    this.#cancel = this.#options.timers.after(this.#pollMs, () => void this.#poll());
    this.#pollMs = Math.min(this.#pollMs * 1.5, LONGEST_POLL_MS);
  }

  async #poll(): Promise<void> {
    this.#isAsking = true;
    const numbers = Array.from({ length: this.#options.gateways }, (_, i) => i + 1);
    const answers = new Map(await Promise.all(numbers.map(async (n) => [n, await this.#options.ask(n)] as const)));
    this.#isAsking = false;
    this.#awaited = this.#awaited.filter((table) => !this.#settle(table, answers));
    this.#schedule();
  }

  /** Whether there is nothing more to wait for. */
  #settle(table: AwaitedTable, answers: ReadonlyMap<number, RevisionAnswer | undefined>): boolean {
    const { timers, onLive, onLate } = this.#options;
    const behind = [...answers].filter(([, answer]) => !serves(answer, table));
    const afterMs = timers.now() - table.seenAt;
    if (behind.length === 0) onLive(table, afterMs);
    else if (afterMs >= GIVE_UP_AFTER_MS) onLate(table, new Map(behind));
    return behind.length === 0 || afterMs >= GIVE_UP_AFTER_MS;
  }
}

function serves(answer: RevisionAnswer | undefined, { writes }: AwaitedTable): boolean {
  return documentKinds.every((kind) => {
    const served = answer?.writes[kind];
    const wanted = writes[kind];
    if (wanted === undefined) return true;
    return served !== undefined && (served.epoch - wanted.epoch || served.sequence - wanted.sequence) >= 0;
  });
}
