import type { HeaderList } from '../listen/exchange.ts';

/** What predicates can see of a request. */
export interface MatchTarget {
  /** Name of the listener it came in by. */
  readonly listener: string;
  /** Lower case, without a port. */
  readonly host: string;
  /** Normalised, without the query. */
  readonly path: string;
  /** As sent, without the `?`; empty without one. */
  readonly query: string;
  readonly method: string;
  readonly headers: HeaderList;
}
