import { compareOrder, type DocumentIndex } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import { parseIndex } from '@evergate/contract/parse';
import type { Problem } from '@evergate/contract/problem';
import type { Breathe } from './breathe.ts';
import { loadParts, type PartSteps } from './loadParts.ts';
import type { ReloadEvent } from './reloadEvent.ts';
import type { DocumentSource } from './source.ts';
import type { Timers } from './timers.ts';

/** A refused index whose parts were not there is tried again this often while it is the newest. */
const RETRY_MS = 5_000;

/** A document that was found valid and newer. */
export interface Candidate<I, P> {
  readonly index: I;
  /** By hash; `index.parts` has the order. */
  readonly parts: ReadonlyMap<string, P>;
  /** How many parts were read and parsed for it; the others were there. */
  readonly parsedParts: number;
}

export interface TrackOptions<I extends DocumentIndex, P> {
  readonly kind: DocumentKind;
  readonly isKind: (index: DocumentIndex) => index is I;
  readonly stepsOf: PartSteps<P>;
  readonly source: Pick<DocumentSource, 'readPart'>;
  readonly timers: Timers;
  readonly breathe: Breathe;
  readonly report: (event: ReloadEvent) => void;
  /** There is something to load. */
  readonly wake: () => void;
}

/**
 * One kind of document on its way from a source: the latest index that came, the newest valid version, and what is wrong with a
 * later one. Of indexes that come while one is being loaded, only the latest counts.
 */
export class DocumentTrack<I extends DocumentIndex, P> {
  readonly #options: TrackOptions<I, P>;
  #pending: string | undefined;
  #latest: string | undefined;
  #newest: Candidate<I, P> | undefined;
  #refused: readonly Problem[] = [];
  #cancelRetry: () => void = () => {};
  #closed = false;

  constructor(options: TrackOptions<I, P>) {
    this.#options = options;
  }

  /** Why the latest index was refused; empty while it was not. */
  get refused(): readonly Problem[] {
    return this.#refused;
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  offer(text: string): void {
    if (this.#closed) return;
    this.#cancelRetry();
    this.#latest = text;
    this.#pending = text;
    this.#options.wake();
  }

  /** Loads what was offered last. Undefined where that is not to be served: refused, older, the same, superseded. Never rejects. */
  async load(): Promise<Candidate<I, P> | undefined> {
    const text = this.#pending;
    this.#pending = undefined;
    if (text === undefined) return undefined;
    const parsed = parseIndex(text);
    if (!parsed.ok) return this.#refuse(parsed.problems);
    const { isKind, kind } = this.#options;
    const index = parsed.value;
    if (!isKind(index)) {
      return this.#refuse([{ path: 'kind', message: `found "${index.kind}", accepted is "${kind}"` }]);
    }
    if (!this.#admit(index)) return undefined;
    return this.#loadParts(index, parsed.ignored);
  }

  close(): void {
    this.#closed = true;
    this.#pending = undefined;
    this.#cancelRetry();
  }

  /** Only what is newer by (epoch, sequence) is served; another fleet's documents have an order of their own. */
  #admit(index: I): boolean {
    const newest = this.#newest?.index;
    const { kind, report } = this.#options;
    if (newest === undefined) return true;
    if (newest.fleetUID !== index.fleetUID) {
      report({ type: 'anotherFleet', kind, from: newest.fleetUID, to: index.fleetUID });
      return true;
    }
    const order = compareOrder(index, newest);
    if (order > 0) return true;
    if (order < 0) report({ type: 'older', kind, offered: index, newest });
    else if (index.revision !== newest.revision) this.#refuse([twoWriters(index, newest)]);
    else this.#refused = [];
    return false;
  }

  async #loadParts(index: I, ignored: readonly Problem[]): Promise<Candidate<I, P> | undefined> {
    const { kind, report, ...options } = this.#options;
    const superseded = (): boolean => this.#pending !== undefined || this.#closed;
    const held = this.#newest?.parts ?? new Map<string, P>();
    const loaded = await loadParts(index, { ...options, held, superseded });
    if (loaded.outcome === 'superseded' || this.#closed) return undefined;
    if (loaded.outcome === 'refused') {
      if (loaded.mayHeal) this.#retryLater();
      return this.#refuse(loaded.problems);
    }
    const unknown = [...ignored, ...loaded.ignored];
    if (unknown.length > 0) report({ type: 'ignoredFields', kind, fields: unknown });
    this.#refused = [];
    this.#newest = { index, parts: loaded.parts, parsedParts: loaded.parsed };
    return this.#newest;
  }

  /** Reported once, however often the same is tried again. */
  #refuse(problems: readonly Problem[]): undefined {
    const { kind, report } = this.#options;
    const known = JSON.stringify(problems) === JSON.stringify(this.#refused);
    this.#refused = problems;
    if (!known) report({ type: 'refused', kind, problems });
    return undefined;
  }

  #retryLater(): void {
    const text = this.#latest;
    this.#cancelRetry = this.#options.timers.after(RETRY_MS, () => {
      if (text !== undefined && this.#latest === text) this.offer(text);
    });
  }
}

function twoWriters(offered: DocumentIndex, newest: DocumentIndex): Problem {
  const at = `epoch ${newest.epoch}, sequence ${newest.sequence}`;
  const message = `found ${offered.revision} for ${at}, accepted is ${newest.revision}: two writers, or a restored older state`;
  return { path: 'revision', message };
}
