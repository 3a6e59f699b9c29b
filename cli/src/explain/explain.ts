import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { normalisePath } from '@evergate/contract/normalisePath';
import type { Rule } from '@evergate/contract/routeTable';
import type { HeaderList } from '@evergate/gateway/listen/exchange';
import { compileMatches } from '@evergate/gateway/match/compileMatches';
import { type Explanation, explain } from '@evergate/gateway/match/explain';
import type { MatchTarget } from '@evergate/gateway/match/matchTarget';
import { compileFilters, type Mirror } from '@evergate/gateway/policy/filters';
import type { LocalAnswer } from '@evergate/gateway/policy/policyRequest';
import type { Translation } from '@evergate/operator/translate';

/** A request that somebody asks about. */
export interface AskedRequest {
  /** `host[:port]`. */
  readonly authority: string;
  /** Path and query, as they would be sent. */
  readonly target: string;
  readonly method: string;
  readonly headers: HeaderList;
  /** Name of a listener; the first one without. */
  readonly listener?: string | undefined;
}

/** One backend of the rule that answers. */
export interface ExplainedBackend {
  /** Undefined where the reference leads nowhere: its share is answered 500. */
  readonly backend: BackendEndpoints | undefined;
  readonly weight: number;
  /** Of all requests, 0 to 1. */
  readonly share: number;
}

/** What becomes of a request: an answer without a backend, or what is sent to one of the backends. */
export type Fate =
  | { readonly type: 'answered'; readonly answer: LocalAnswer }
  | {
      readonly type: 'sent';
      readonly target: string;
      readonly authority: string;
      readonly headers: HeaderList;
      readonly mirrors: readonly Mirror[];
      readonly backends: readonly ExplainedBackend[];
    };

export interface ExplainedRequest {
  readonly target: MatchTarget;
  /** Every match of every rule whose hosts include the request's, in the order in which a gateway tries them. */
  readonly candidates: readonly Explanation[];
  /** How many matches are for other hosts. */
  readonly foreign: number;
  /** The first candidate whose conditions all hold. */
  readonly winner?: { readonly explanation: Explanation; readonly fate: Fate };
}

/**
 * Says what a gateway that serves this translation would do with a request, and why, with the gateway's own predicates and filters.
 * Throws an Error with one line for users where the request could not be asked: a path of no single meaning, an unknown listener.
 */
export function explainRequest(translation: Translation, asked: AskedRequest): ExplainedRequest {
  const { listeners } = translation.settings;
  const listener = listeners.find(({ name }) => asked.listener === undefined || name === asked.listener);
  if (listener === undefined) {
    const names = listeners.map(({ name }) => name).join(', ');
    throw new Error(`there is no listener ${asked.listener ?? ''}; name one of ${names}`);
  }
  const target = readTarget(asked, listener.name);
  const explained = explain(translation.rules.flatMap(candidatesOf), target);
  const candidates = explained.filter(({ hostname }) => hostname !== undefined);
  const foreign = explained.length - candidates.length;
  const winner = candidates.find(({ mismatch }) => mismatch === undefined);
  if (winner === undefined) return { target, candidates, foreign };
  const fate = foresee(winner, target, asked.authority, listener.port, translation.endpoints);
  return { target, candidates, foreign, winner: { explanation: winner, fate } };
}

function readTarget({ authority, target, method, headers }: AskedRequest, listener: string): MatchTarget {
  const [sent = '', ...query] = target.split('?');
  const path = normalisePath(sent);
  if (path === undefined) throw new Error(`the path ${sent} has no single safe meaning, so a gateway answers 400`);
  const host = authority.toLowerCase().replace(/:[0-9]*$/, '');
  return { listener, host, path, query: query.join('?'), method, headers };
}

/** Rules whose expressions do not compile are refused by `translate` before. */
function candidatesOf(rule: Rule) {
  const compiled = compileMatches(rule);
  return compiled.ok ? compiled.value.map((compiledMatch) => ({ rule, compiledMatch })) : [];
}

function foresee(
  { rule, compiledMatch: { match } }: Explanation,
  target: MatchTarget,
  authority: string,
  listenerPort: number,
  endpoints: readonly BackendEndpoints[],
): Fate {
  const filters = compileFilters(rule.filters);
  const answer = filters.answer({ ...target, authority, scheme: 'http', listenerPort, match });
  if (answer !== undefined) return { type: 'answered', answer };
  const { path, query } = target;
  const headers = [...target.headers];
  filters.editRequest(headers);
  return {
    type: 'sent',
    target: filters.rewrite(match, path, query) ?? (query === '' ? path : `${path}?${query}`),
    authority: filters.hostname ?? authority,
    headers,
    mirrors: filters.mirrors,
    backends: explainBackends(rule, endpoints),
  };
}

function explainBackends({ backends }: Rule, endpoints: readonly BackendEndpoints[]): readonly ExplainedBackend[] {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  return backends.map(({ backend, weight }) => ({
    backend:
      backend === null ? undefined : (endpoints.find(({ id }) => id === backend) ?? { id: backend, endpoints: [] }),
    weight,
    share: sum === 0 ? 0 : weight / sum,
  }));
}
