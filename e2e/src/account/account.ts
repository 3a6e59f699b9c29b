import { fromRanges } from './ranges.ts';

/** What the client knows of a run: numbers of its requests, as ranges. */
export interface SentRequests {
  /** Those with a complete, correct answer. */
  readonly acknowledged: string;
  /** Those with an effect, which must not happen twice. */
  readonly posts: string;
}

/** What the upstreams saw of a run, all of them together. */
export interface Arrivals {
  /** Those that arrived at least once, as ranges. */
  readonly arrived: string;
  /** How often, for those that arrived more than once. */
  readonly repeated: Readonly<Record<string, number>>;
}

/** Where the two disagree. All empty: nothing was made up, nothing done twice. */
export interface Discrepancies {
  /** Acknowledged to the client, yet no upstream saw them. */
  readonly acknowledgedUnseen: readonly number[];
  /** POSTs that arrived more than once. */
  readonly postsRepeated: readonly number[];
}

/** Joins what the client counted with what the upstreams saw, by the number of the request. */
export function account(sent: SentRequests, { arrived, repeated }: Arrivals): Discrepancies {
  const seen = fromRanges(arrived);
  const posts = fromRanges(sent.posts);
  return {
    acknowledgedUnseen: [...fromRanges(sent.acknowledged)].filter((number) => !seen.has(number)),
    postsRepeated: Object.keys(repeated)
      .map(Number)
      .filter((number) => posts.has(number)),
  };
}
