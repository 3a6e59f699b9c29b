import { compareOrder, type DocumentIndex } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { Breathe } from './breathe.ts';
import { loadParts, type PartSteps } from './loadParts.ts';
import { type Offer, Offers } from './offers.ts';
import type { ReadPart } from './partText.ts';
import type { ReloadEvent } from './reloadEvent.ts';
import { isAsLively, type NamedSource, type SourceName } from './source.ts';
import type { Timers } from './timers.ts';

/** A refused index whose parts were not there is tried again this often while its source offers no other. */
const RETRY_MS = 5_000;

/** A document that was found valid and newer. */
export interface Candidate<I, P> {
  readonly index: I;
  readonly from: SourceName;
  /** The index as it came. */
  readonly text: string;
  /** By hash; `index.parts` has the order. */
  readonly parts: ReadonlyMap<string, P>;
  /** How many parts were read and parsed for it; the others were there. */
  readonly parsedParts: number;
}

export interface TrackOptions<I extends DocumentIndex, P> {
  readonly kind: DocumentKind;
  readonly isKind: (index: DocumentIndex) => index is I;
  readonly stepsOf: PartSteps<P>;
  readonly sources: readonly NamedSource[];
  readonly timers: Timers;
  readonly breathe: Breathe;
  readonly onRead?: ((part: ReadPart) => void) | undefined;
  readonly report: (event: ReloadEvent) => void;
  /** There is something to load. */
  readonly wake: () => void;
}

type ReadOffer<I extends DocumentIndex> = Offer<I> & { readonly index: I };

/**
 * One kind of document on its way from its sources: what each offered last, the newest valid version, and what is wrong with a later
 * one. Documents are ordered by (epoch, sequence) alone, whichever source they come from.
 */
export class DocumentTrack<I extends DocumentIndex, P> {
  readonly #options: TrackOptions<I, P>;
  readonly #offers: Offers<I>;
  readonly #retries = new Map<SourceName, () => void>();
  /** What was reported last of each source's offers, so that it is not again. */
  readonly #reported = new Map<SourceName, string>();
  #newest: Candidate<I, P> | undefined;
  #closed = false;

  constructor(options: TrackOptions<I, P>) {
    this.#options = options;
    this.#offers = new Offers(options.kind, options.isKind);
  }

  /** Why the newest index that any source offers is not served; empty while it is. */
  get refused(): readonly Problem[] {
    return this.#offers.refusedBeside(this.#newest?.index);
  }

  get isPending(): boolean {
    return this.#offers.isPending;
  }

  /** The liveliest source that has the newest valid version. */
  get source(): SourceName | undefined {
    return this.#newest && (this.#offers.sourceOf(this.#newest.index) ?? this.#newest.from);
  }

  offer(from: SourceName, text: string): void {
    if (this.#closed) return;
    this.#retries.get(from)?.();
    this.#offers.add(from, text);
    this.#options.wake();
  }

  /** Loads the newest of what was offered. Undefined where nothing is to be served: refused, older, the same, superseded. Rejects for bugs only. */
  async load(): Promise<Candidate<I, P> | undefined> {
    const pending = this.#offers.takePending((offer, problems) => this.#refuse(offer, problems));
    const admitted = pending.filter((offer) => this.#admit(offer));
    const [best] = admitted.sort((a, b) =>
      a.index.fleetUID === b.index.fleetUID ? compareOrder(b.index, a.index) : 0,
    );
    if (best === undefined) return undefined;
    try {
      return await this.#loadParts(best);
    } catch (error) {
      // A bug of ours; what it met must not be met again and again.
      this.#offers.conclude(best, 'Refused', [{ path: '', message: 'could not be loaded' }]);
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#offers.clear();
    for (const cancel of this.#retries.values()) cancel();
  }

  /**
   * Only what is newer by (epoch, sequence) is served. Another fleet's documents have an order of their own: they count where they come
   * from a source that is as lively as that of the last.
   */
  #admit(offer: ReadOffer<I>): boolean {
    const newest = this.#newest?.index;
    const { kind, report } = this.#options;
    const { index } = offer;
    if (newest === undefined) return true;
    if (newest.fleetUID !== index.fleetUID && isAsLively(offer.from, this.source ?? 'Copy')) {
      report({ type: 'anotherFleet', kind, from: newest.fleetUID, to: index.fleetUID });
      return true;
    }
    const order = newest.fleetUID === index.fleetUID ? compareOrder(index, newest) : -1;
    if (order > 0) return true;
    if (order === 0 && index.revision !== newest.revision) {
      this.#refuse(offer, [twoWriters(index, newest)]);
      return false;
    }
    if (order < 0) report({ type: 'older', kind, source: offer.from, offered: index, newest });
    this.#settle(offer);
    return false;
  }

  async #loadParts(offer: ReadOffer<I>): Promise<Candidate<I, P> | undefined> {
    const { kind, report, sources, ...options } = this.#options;
    const { index, from, text } = offer;
    const { arrivals } = this.#offers;
    const superseded = (): boolean => this.#offers.arrivals !== arrivals || this.#closed;
    const held = this.#newest?.parts ?? new Map<string, P>();
    const former = new Map(this.#newest?.index.parts.flatMap(({ name, hash }) => namedPart(name, held.get(hash))));
    const ordered = [...sources].sort((a, b) => Number(b.name === from) - Number(a.name === from));
    const loaded = await loadParts(index, { ...options, sources: ordered, held, former, superseded });
    // Superseded, it is looked at again beside what came meanwhile.
    if (loaded.outcome === 'superseded' || this.#closed) return undefined;
    if (loaded.outcome === 'refused') {
      if (loaded.mayHeal) this.#retryLater(offer);
      return this.#refuse(offer, loaded.problems);
    }
    const unknown = [...offer.ignored, ...loaded.ignored];
    if (unknown.length > 0) report({ type: 'ignoredFields', kind, fields: unknown });
    this.#settle(offer);
    this.#newest = { index, from, text, parts: loaded.parts, parsedParts: loaded.parsed };
    return this.#newest;
  }

  #settle(offer: Offer<I>): void {
    this.#offers.conclude(offer, 'Settled');
    this.#reported.delete(offer.from);
  }

  /** Reported once, however often the same is tried again. */
  #refuse(offer: Offer<I>, problems: readonly Problem[]): undefined {
    const { kind, report } = this.#options;
    this.#offers.conclude(offer, 'Refused', problems);
    const found = JSON.stringify(problems);
    const isKnown = this.#reported.get(offer.from) === found;
    this.#reported.set(offer.from, found);
    if (!isKnown) report({ type: 'refused', kind, source: offer.from, problems });
    return undefined;
  }

  #retryLater(offer: Offer<I>): void {
    const cancel = this.#options.timers.after(RETRY_MS, () => {
      if (this.#offers.conclude(offer, 'Pending')) this.#options.wake();
    });
    this.#retries.set(offer.from, cancel);
  }
}

function namedPart<P>(name: string, part: P | undefined): (readonly [name: string, part: P])[] {
  return part === undefined ? [] : [[name, part]];
}

function twoWriters(offered: DocumentIndex, newest: DocumentIndex): Problem {
  const at = `epoch ${newest.epoch}, sequence ${newest.sequence}`;
  const message = `found ${offered.revision} for ${at}, accepted is ${newest.revision}: two writers, or a restored older state`;
  return { path: 'revision', message };
}
