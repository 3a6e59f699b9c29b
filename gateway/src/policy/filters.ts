import type { Match } from '@evergate/contract/routeTable';
import type { LocalAnswer, PolicyRequest } from './policyRequest.ts';

/** A share of the requests that is also sent to another backend, whose answers are dropped. */
export interface Mirror {
  /** `backendId`. */
  readonly backend: string;
  /** 0 to 100. */
  readonly percent: number;
}

/** The compiled filters of one rule. Compare with `noFilters` to skip all of it. Nothing here keeps state or throws. */
export interface Filters {
  /** What is answered without a backend: a CORS preflight, else a redirect, else a direct response. */
  answer(request: PolicyRequest): LocalAnswer | undefined;
  /** The target (path and query) to send instead, or undefined where it stays. `path` is normalised, `query` has no `?`. */
  rewrite(match: Match, path: string, query: string): string | undefined;
  /** The Host to send instead. */
  readonly hostname: string | undefined;
  /** Edits a request's flat header list in place. */
  editRequest(headers: string[]): void;
  /** Whether `editResponse` looks at the request's `Origin`. */
  readonly readsOrigin: boolean;
  /** Edits the flat header list of a backend's response in place. */
  editResponse(headers: string[], requestOrigin: string | undefined): void;
  readonly mirrors: readonly Mirror[];
}

/** Shared by all rules without filters. */
export const noFilters: Filters = Object.freeze({
  answer: () => undefined,
  rewrite: () => undefined,
  hostname: undefined,
  editRequest: () => undefined,
  readsOrigin: false,
  editResponse: () => undefined,
  mirrors: Object.freeze([]),
});
