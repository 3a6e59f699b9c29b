import { type BackoffOptions, fullJitterMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { DueHeap } from './dueHeap.ts';

export interface QueueOptions<K> {
  readonly clock: Clock;
  /** After a failure. 200 ms doubling up to 60 s unless told. */
  readonly backoff?: BackoffOptions;
  readonly debounce?: Debounce;
  /** Turns come as often as something is added unless told. */
  readonly pace?: Pace;
  /** Keys that are remembered; with as many waiting, further ones are refused. 10,000 unless told. */
  readonly maxKeys?: number;
  /** A turn failed; the next comes in `retryMs`. Must not throw. */
  readonly onError?: (key: K, error: unknown, retryMs: number) => void;
}

/**
 * A key's first turn comes at once. If it is added again within `quietMs` of the start of a turn, the next comes when `quietMs` have
 * passed without another `add`, and `maxMs` after the first of these adds at the latest.
 */
export interface Debounce {
  readonly quietMs: number;
  readonly maxMs: number;
}

/**
 * How many turns a key that is added again and again gets in a row, and in how many milliseconds it may take one more: the generic cell
 * rate algorithm (ITU-T I.371). Urgent adds do not wait for that, and count. Turns that `addAfter` asked for neither wait nor count.
 */
export interface Pace {
  readonly burst: number;
  readonly everyMs: number;
}

/** Does one turn of work for a key. When it rejects, the key gets another turn. */
export type Worker<K> = (key: K, signal: AbortSignal) => Promise<void>;

interface Entry {
  /** When the first `add` came that waits; absent when none does. */
  addedAtMs: number | undefined;
  /** When the turn of those adds is due. */
  addDueAtMs: number;
  /** Whether one of those adds is urgent. */
  isUrgent: boolean;
  /** When all the turns that were taken would be over, had they come at the pace. */
  pacedUntilMs: number;
  /** When a turn is due that was asked for by `addAfter` or a failure. */
  laterAtMs: number | undefined;
  startedAtMs: number | undefined;
  isRunning: boolean;
  failures: number;
}

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 200, maxMs: 60_000 };
const NO_DEBOUNCE: Debounce = { quietMs: 0, maxMs: 0 };
const DEFAULT_MAX_KEYS = 10_000;

/**
 * Keys that wait for a turn of work. A key waits once, however often it is added; two turns of one key never overlap; a key that fails
 * waits longer each time, and a success forgets that. An `add` shortens such a wait: something changed, so it may go well now.
 * A turn costs the same with ten thousand keys as with ten.
 */
export class WorkQueue<K> {
  readonly #options: QueueOptions<K>;
  readonly #debounce: Debounce;
  readonly #maxKeys: number;
  readonly #entries = new Map<K, Entry>();
  /** The keys that wait and are not under way. */
  readonly #waiting = new DueHeap<K>();
  #refused = 0;
  #pump = (): void => {};

  constructor(options: QueueOptions<K>) {
    this.#options = options;
    this.#debounce = options.debounce ?? NO_DEBOUNCE;
    this.#maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS;
  }

  /** Keys that wait for a turn, due or not. */
  get depth(): number {
    let depth = 0;
    for (const entry of this.#entries.values()) if (dueAtMs(entry) !== undefined) depth += 1;
    return depth;
  }

  /** For how long the turn that is due longest has been due, in milliseconds; 0 when none is. */
  get ageMs(): number {
    const nowMs = this.#options.clock.nowMs();
    let ageMs = 0;
    for (const entry of this.#entries.values()) ageMs = Math.max(ageMs, nowMs - (dueAtMs(entry) ?? nowMs));
    return ageMs;
  }

  /** Keys refused so far because too many waited. */
  get refused(): number {
    return this.#refused;
  }

  /** How often the key failed in a row. */
  failures(key: K): number {
    return this.#entries.get(key)?.failures ?? 0;
  }

  /** Returns false where the queue is full. */
  add(key: K, { isUrgent = false }: { readonly isUrgent?: boolean } = {}): boolean {
    const entry = this.#entry(key);
    if (entry === undefined) return false;
    entry.isUrgent ||= isUrgent;
    this.#ask(entry, this.#options.clock.nowMs());
    this.#place(key, entry);
    this.#pump();
    return true;
  }

  /** Gives the key a turn in `delayMs`, or earlier if it has one earlier. Returns false where the queue is full. */
  addAfter(key: K, delayMs: number): boolean {
    const entry = this.#entry(key);
    if (entry === undefined) return false;
    const laterAtMs = this.#options.clock.nowMs() + delayMs;
    entry.laterAtMs = Math.min(entry.laterAtMs ?? laterAtMs, laterAtMs);
    this.#place(key, entry);
    this.#pump();
    return true;
  }

  /**
   * Works, at most `concurrency` keys at a time, until the signal is aborted; resolves when the turns under way have ended. What was
   * added before waits until then. Throws when it is running already.
   */
  async run(worker: Worker<K>, concurrency: number, signal: AbortSignal): Promise<void> {
    const turns = new Set<Promise<void>>();
    let working = 0;
    let cancelTimer = (): void => {};
    const work = async (key: K, entry: Entry): Promise<void> => {
      await this.#turn(key, entry, worker, signal);
      working -= 1;
      pump();
    };
    const pump = (): void => {
      cancelTimer();
      while (!signal.aborted && working < concurrency) {
        const next = this.#next();
        if (next === undefined) return;
        if (next.inMs > 0) {
          cancelTimer();
          cancelTimer = this.#options.clock.after(next.inMs, pump);
          return;
        }
        working += 1;
        const turn = work(next.key, next.entry).finally(() => turns.delete(turn));
        turns.add(turn);
      }
    };
    this.#pump = pump;
    pump();
    await aborted(signal);
    cancelTimer();
    await Promise.all(turns);
    this.#pump = () => {};
  }

  /** One turn. Never rejects. */
  async #turn(key: K, entry: Entry, worker: Worker<K>, signal: AbortSignal): Promise<void> {
    entry.startedAtMs = this.#options.clock.nowMs();
    if (entry.addedAtMs !== undefined) this.#count(entry, entry.startedAtMs);
    entry.addedAtMs = undefined;
    entry.isUrgent = false;
    entry.laterAtMs = undefined;
    entry.isRunning = true;
    this.#place(key, entry);
    try {
      await worker(key, signal);
      entry.failures = 0;
    } catch (error) {
      if (!signal.aborted) this.#failed(key, entry, error);
    } finally {
      entry.isRunning = false;
      this.#place(key, entry);
    }
  }

  #failed(key: K, entry: Entry, error: unknown): void {
    const { clock, backoff = DEFAULT_BACKOFF, onError } = this.#options;
    entry.failures += 1;
    const retryMs = fullJitterMs(clock, backoff, entry.failures);
    const laterAtMs = clock.nowMs() + retryMs;
    entry.laterAtMs = Math.min(entry.laterAtMs ?? laterAtMs, laterAtMs);
    onError?.(key, error, retryMs);
  }

  #ask(entry: Entry, nowMs: number): void {
    const { quietMs, maxMs } = this.#debounce;
    const isFirst = entry.addedAtMs === undefined;
    if (!isFirst && entry.addDueAtMs <= nowMs) return;
    const isQuiet = entry.startedAtMs === undefined || nowMs - entry.startedAtMs >= quietMs;
    entry.addedAtMs ??= nowMs;
    const quietAtMs = isFirst && isQuiet ? nowMs : Math.min(entry.addedAtMs + maxMs, nowMs + quietMs);
    entry.addDueAtMs = entry.isUrgent ? quietAtMs : Math.max(quietAtMs, this.#pacedAtMs(entry));
  }

  #pacedAtMs({ pacedUntilMs }: Entry): number {
    const { pace } = this.#options;
    return pace === undefined ? 0 : pacedUntilMs - (pace.burst - 1) * pace.everyMs;
  }

  /** Urgent turns, which do not wait, delay others by no more than a whole burst of turns does. */
  #count(entry: Entry, nowMs: number): void {
    const { pace } = this.#options;
    if (pace === undefined) return;
    const untilMs = Math.max(entry.pacedUntilMs, nowMs) + pace.everyMs;
    entry.pacedUntilMs = Math.min(untilMs, nowMs + pace.burst * pace.everyMs);
  }

  #place(key: K, entry: Entry): void {
    const dueMs = entry.isRunning ? undefined : dueAtMs(entry);
    if (dueMs === undefined) this.#waiting.delete(key);
    else this.#waiting.set(key, dueMs);
  }

  /** The key whose turn is due first among those that are not under way. */
  #next(): { readonly key: K; readonly entry: Entry; readonly inMs: number } | undefined {
    const { first } = this.#waiting;
    const entry = first === undefined ? undefined : this.#entries.get(first.key);
    if (first === undefined || entry === undefined) return undefined;
    return { key: first.key, entry, inMs: first.atMs - this.#options.clock.nowMs() };
  }

  #entry(key: K): Entry | undefined {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#maxKeys) this.#forgetIdle();
    if (this.#entries.size >= this.#maxKeys) {
      this.#refused += 1;
      return undefined;
    }
    const entry: Entry = {
      addedAtMs: undefined,
      addDueAtMs: 0,
      isUrgent: false,
      pacedUntilMs: 0,
      laterAtMs: undefined,
      startedAtMs: undefined,
      isRunning: false,
      failures: 0,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #forgetIdle(): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.isRunning && dueAtMs(entry) === undefined) this.#entries.delete(key);
    }
  }
}

function dueAtMs({ addedAtMs, addDueAtMs, laterAtMs }: Entry): number | undefined {
  if (addedAtMs === undefined) return laterAtMs;
  return laterAtMs === undefined ? addDueAtMs : Math.min(addDueAtMs, laterAtMs);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
