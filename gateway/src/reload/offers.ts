import { compareOrder, type DocumentIndex, type DocumentOrder } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import { parseIndex } from '@evergate/contract/parse';
import type { Problem } from '@evergate/contract/problem';
import { isAsLively, type SourceName, sourceNames } from './source.ts';

/** The latest index that a source offered, and what became of it. */
export interface Offer<I extends DocumentIndex> {
  readonly from: SourceName;
  readonly text: string;
  /** `Settled`: it is served, or need not be. */
  readonly state: 'Pending' | 'Settled' | 'Refused';
  /** Undefined where it could not be read. */
  readonly index?: I;
  /** Fields of it that this build does not know. */
  readonly ignored: readonly Problem[];
  readonly refused: readonly Problem[];
}

/** Of one kind of document: what each source offered last. One source's bad offer says nothing about another's good one. */
export class Offers<I extends DocumentIndex> {
  readonly #kind: DocumentKind;
  readonly #isKind: (index: DocumentIndex) => index is I;
  readonly #offers = new Map<SourceName, Offer<I>>();
  #arrivals = 0;

  constructor(kind: DocumentKind, isKind: (index: DocumentIndex) => index is I) {
    this.#kind = kind;
    this.#isKind = isKind;
  }

  /** Grows with each offer. */
  get arrivals(): number {
    return this.#arrivals;
  }

  get isPending(): boolean {
    return this.#all.some(({ state }) => state === 'Pending');
  }

  /** Those that have not been judged, the liveliest source's first, as far as they can be read; the others are refused by `refuse`. */
  takePending(refuse: (offer: Offer<I>, problems: readonly Problem[]) => void): (Offer<I> & { readonly index: I })[] {
    const readable: (Offer<I> & { readonly index: I })[] = [];
    for (const offer of this.#all.filter(({ state }) => state === 'Pending')) {
      const read = this.#read(offer);
      if ('problems' in read) refuse(offer, read.problems);
      else readable.push(read);
    }
    return readable;
  }

  /** Replaces what the source offered before. */
  add(from: SourceName, text: string): void {
    this.#arrivals += 1;
    this.#offers.set(from, { from, text, state: 'Pending', ignored: [], refused: [] });
  }

  /** Says what became of an offer, unless the source has replaced it meanwhile. Returns whether it had not. */
  conclude(offer: Offer<I>, state: Offer<I>['state'], refused: readonly Problem[] = []): boolean {
    const current = this.#offers.get(offer.from);
    if (current?.text !== offer.text) return false;
    this.#offers.set(offer.from, { ...current, state, refused });
    return true;
  }

  clear(): void {
    this.#offers.clear();
  }

  /** The liveliest source whose latest offer is the document of this order. */
  sourceOf(order: DocumentOrder): SourceName | undefined {
    return this.#all.find(({ index }) => index !== undefined && isSame(index, order))?.from;
  }

  /** Why the newest document is not served: what is older than `served`, or the same, does not matter any more. */
  refusedBeside(served: DocumentOrder | undefined): readonly Problem[] {
    return this.#all.flatMap((offer) => (this.#matters(offer, served) ? offer.refused : []));
  }

  /** What cannot be read may be anything; but nothing is missing while a livelier source offers what is served. */
  #matters({ from, index }: Offer<I>, served: DocumentOrder | undefined): boolean {
    if (served === undefined) return true;
    if (index !== undefined && index.fleetUID !== served.fleetUID) return true;
    if (index !== undefined) return compareOrder(index, served) >= 0 && !isSame(index, served);
    const has = this.sourceOf(served);
    return has === undefined || isAsLively(from, has);
  }

  #read(offer: Offer<I>): (Offer<I> & { readonly index: I }) | { readonly problems: readonly Problem[] } {
    if (offer.index !== undefined) return { ...offer, index: offer.index };
    const parsed = parseIndex(offer.text);
    if (!parsed.ok) return parsed;
    const index = parsed.value;
    if (!this.#isKind(index)) {
      return { problems: [{ path: 'kind', message: `found "${index.kind}", accepted is "${this.#kind}"` }] };
    }
    const read = { ...offer, index, ignored: parsed.ignored };
    this.#offers.set(offer.from, read);
    return read;
  }

  /** The liveliest source's first. */
  get #all(): Offer<I>[] {
    return sourceNames.flatMap((name) => this.#offers.get(name) ?? []);
  }
}

function isSame(index: DocumentIndex, order: DocumentOrder): boolean {
  return index.fleetUID === order.fleetUID && compareOrder(index, order) === 0 && index.revision === order.revision;
}
