import { ExpiringCache } from '../state/expiringCache.ts';
import type { SharedState } from '../state/sharedState.ts';
import { type Decision, formatDecision, readDecision } from './decision.ts';

const MAX_ENTRIES = 10_000;
const MAX_CHARACTERS = 8_388_608;
const MAX_STORED_CHARACTERS = 16_384;
/** The same decision is written again at most this often. */
const REWRITE_MS = 30_000;

export interface DecisionsOptions {
  readonly state: SharedState;
  /** So long a decision may be used at all. */
  readonly keepMs: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/**
 * Decisions of an external service: in the memory of this gateway, and in the store that all share. Only what was allowed is kept; a
 * refusal replaces what is kept, so that no gateway falls back to what was taken back, and is not kept where there is nothing to
 * replace, so that nobody can fill the store with refusals.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #memory: ExpiringCache<Decision>;

  constructor(options: DecisionsOptions) {
    this.#options = options;
    this.#memory = new ExpiringCache({
      maxEntries: MAX_ENTRIES,
      maxSize: MAX_CHARACTERS,
      sizeOf: ({ headers }) => headers.reduce((sum, text) => sum + text.length, 64),
      now: options.clock,
    });
  }

  /** What this gateway knows by itself. */
  remembered(key: string): Decision | undefined {
    return this.#memory.get(key);
  }

  /** The newest that this gateway or all of them know; while the store does not answer, what this one does. */
  async shared(key: string): Promise<Decision | undefined> {
    const { state, keepMs } = this.#options;
    const own = this.#memory.get(key);
    const text = await state.store.get(this.#storeKey(key)).catch(() => undefined);
    const decision = readDecision(text);
    if (decision === undefined || (own !== undefined && own.at > decision.at)) return own;
    this.#memory.set(key, decision, decision.at + keepMs - Date.now());
    return decision;
  }

  keep(key: string, decision: Decision): void {
    const before = this.#memory.get(key);
    if (decision.allowed) this.#keepAllowed(key, decision, before);
    else this.#takeBack(key, decision, before);
  }

  #keepAllowed(key: string, decision: Decision, before: Decision | undefined): void {
    const { state, keepMs } = this.#options;
    const isRecent = before !== undefined && decision.at - before.at < Math.min(REWRITE_MS, keepMs / 4);
    if (isRecent && before.allowed && sameHeaders(before, decision)) return;
    this.#memory.set(key, decision, keepMs);
    const text = formatDecision(decision);
    if (text.length <= MAX_STORED_CHARACTERS) ignoreFailure(state.store.set(this.#storeKey(key), text, keepMs));
  }

  /** Remembered here too, where there was something to take back: the store may not hear of it. */
  #takeBack(key: string, decision: Decision, before: Decision | undefined): void {
    const { state, keepMs } = this.#options;
    if (before !== undefined) this.#memory.set(key, decision, keepMs);
    ignoreFailure(state.store.replace(this.#storeKey(key), formatDecision(decision), keepMs));
  }

  #storeKey(key: string): string {
    return `${this.#options.state.keyPrefix}auth:${key}`;
  }
}

/** What is kept is a help for later; the request has its answer. */
function ignoreFailure(work: Promise<void>): void {
  work.catch(() => undefined);
}

function sameHeaders(a: Decision, b: Decision): boolean {
  return a.headers.length === b.headers.length && a.headers.every((text, at) => text === b.headers[at]);
}
