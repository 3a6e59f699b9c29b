import type { Match } from '@evergate/contract/routeTable';
import type { HeaderList } from '../listen/exchange.ts';

/** What filters see of a request. */
export interface PolicyRequest {
  readonly method: string;
  /** Normalised, without the query. */
  readonly path: string;
  /** As sent, without the `?`; empty without one. */
  readonly query: string;
  /** Validated `host[:port]`, as sent. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  readonly headers: HeaderList;
  /** Port of the listener in the route table. */
  readonly listenerPort: number;
  /** Which of the rule's matches the request met. */
  readonly match: Match;
}

/**
 * An answer that needs no backend, complete: its headers carry the rule's response edits and, for a body that may be sent,
 * `content-length`.
 */
export interface LocalAnswer {
  readonly status: number;
  /** Flat: name, value, name, value. */
  readonly headers: string[];
  /** Absent where there is none, or none may be sent (HEAD, 204, 304). */
  readonly body?: Uint8Array;
}
