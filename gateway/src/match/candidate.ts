import type { Match, Rule } from '@evergate/contract/routeTable';
import type { CompiledRule, RuleMatch } from '../snapshot/snapshot.ts';
import type { Pattern } from './pattern.ts';
import type { Predicate } from './predicate.ts';

/** One match of a rule with what can be made ready before any request. Shared by snapshots, as its rule is. */
export interface CompiledMatch {
  readonly match: Match;
  /** Of a path of type RegularExpression. */
  readonly pathPattern: Pattern | undefined;
  /** Everything but listener, hostname and path, cheapest first. */
  readonly predicates: readonly Predicate[];
}

/** What the path table holds and hands out: `comparePrecedence` orders it, the request path reads it as a `RuleMatch`. */
export interface Candidate extends RuleMatch, CompiledMatch {
  readonly rule: Rule;
  readonly compiled: CompiledRule;
}
