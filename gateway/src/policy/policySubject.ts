import type { HeaderList } from '../listen/exchange.ts';

/** Who a request comes from, as authentication found out. */
export interface Identity {
  /** What found it out. */
  readonly method: string;
  /** What the backend is told, flat, names in lower case. */
  readonly headers: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** Found out some time ago, while whoever knows does not answer. */
  readonly isStale: boolean;
}

/** What policies see of a request, and what they leave there. */
export interface PolicySubject {
  readonly method: string;
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised, without the query. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly query: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly headers: HeaderList;
  readonly clientAddress: string;
  identity: Identity | undefined;
  /** Fields for the client's response, flat; undefined while there are none. */
  addedFields: string[] | undefined;
  /** The limit that refused the request, or would have. */
  limit: string | undefined;
}
