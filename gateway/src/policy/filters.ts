import type { Filter, HeaderEdit, Match, PathEdit } from '@evergate/contract/routeTable';
import { headerValue } from '../match/headerValue.ts';
import { type Cors, compileCors } from './cors.ts';
import { compileDirectResponse } from './directResponse.ts';
import { compileHeaderEdit, type EditHeaders } from './headerEdit.ts';
import { compilePathEdit, withQuery } from './pathEdit.ts';
import type { LocalAnswer, PolicyRequest } from './policyRequest.ts';
import { compileRedirect } from './redirect.ts';

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

/**
 * Compiles a rule's filters. Header edits apply in their order, and CORS after them; of the types that Gateway API allows once a
 * rule, the first counts.
 */
export function compileFilters(filters: readonly Filter[]): Filters {
  if (filters.length === 0) return noFilters;
  const cors = compileFirst(filters, 'CORS', compileCors);
  const editResponse = compileResponseEdit(filters, cors);
  const rewrite = ofType(filters, 'URLRewrite')[0];
  return {
    answer: compileAnswer(filters, cors, editResponse),
    rewrite: rewrite?.path === undefined ? noFilters.rewrite : compileRewrite(rewrite.path),
    hostname: rewrite?.hostname,
    editRequest: compileEdits(ofType(filters, 'RequestHeaderModifier')),
    readsOrigin: cors?.readsOrigin ?? false,
    editResponse,
    mirrors: ofType(filters, 'RequestMirror').map(({ backend, percent }) => ({ backend, percent })),
  };
}

function compileAnswer(
  filters: readonly Filter[],
  cors: Cors | undefined,
  editResponse: Filters['editResponse'],
): Filters['answer'] {
  const answer =
    compileFirst(filters, 'RequestRedirect', compileRedirect) ??
    compileFirst(filters, 'DirectResponse', compileDirectResponse);
  if (answer === undefined) return cors?.preflight ?? noFilters.answer;
  return (request) => {
    const preflight = cors?.preflight(request);
    if (preflight !== undefined) return preflight;
    const answered = answer(request);
    editResponse(answered.headers, headerValue(request.headers, 'origin'));
    return answered;
  };
}

function compileRewrite(edit: PathEdit): Filters['rewrite'] {
  const editPath = compilePathEdit(edit);
  return (match, path, query) => {
    const edited = editPath(match, path);
    return edited === path ? undefined : withQuery(edited, query);
  };
}

function compileResponseEdit(filters: readonly Filter[], cors: Cors | undefined): Filters['editResponse'] {
  const editHeaders = compileEdits(ofType(filters, 'ResponseHeaderModifier'));
  return (headers, requestOrigin) => {
    editHeaders(headers);
    cors?.editResponse(headers, requestOrigin);
  };
}

function compileEdits(filters: readonly { readonly edit: HeaderEdit }[]): EditHeaders {
  const edits = filters.map(({ edit }) => compileHeaderEdit(edit));
  return (headers) => {
    for (const edit of edits) edit(headers);
  };
}

function compileFirst<T extends Filter['type'], C>(
  filters: readonly Filter[],
  type: T,
  compile: (filter: FilterOf<T>) => C,
): C | undefined {
  const [filter] = ofType(filters, type);
  return filter === undefined ? undefined : compile(filter);
}

type FilterOf<T extends Filter['type']> = Extract<Filter, { readonly type: T }>;

function ofType<T extends Filter['type']>(filters: readonly Filter[], type: T): FilterOf<T>[] {
  return filters.filter((filter): filter is FilterOf<T> => filter.type === type);
}
