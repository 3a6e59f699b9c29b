import type { Match, Rule } from './routeTable.ts';

/** One match of one rule: what the matcher orders and what a conflict is about. */
export interface Candidate {
  readonly rule: Rule;
  readonly match: Match;
}

const PATH_RANK = { Exact: 0, RegularExpression: 1, PathPrefix: 2 } as const;

/**
 * Orders candidates whose hostname is the same, first to be tried first: Gateway API `HTTPRouteRule.matches`. Exact paths, then
 * regular expressions (implementation-specific there: ours go by length, before prefixes), then the longest prefix; then a
 * method, more headers, more query parameters; then the older route, `namespace/name`, and the position in the route.
 */
export function comparePrecedence(a: Candidate, b: Candidate): number {
  return (
    comparePredicates(a.match, b.match) || compareAge(a.rule.route, b.rule.route) || a.rule.position - b.rule.position
  );
}

/** The part of `comparePrecedence` that looks at the matches alone. */
export function comparePredicates(a: Match, b: Match): number {
  return (
    PATH_RANK[a.path.type] - PATH_RANK[b.path.type] ||
    b.path.value.length - a.path.value.length ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.length - a.headers.length ||
    b.queryParams.length - a.queryParams.length
  );
}

/** Orders objects that claim the same, who keeps it first: the older, then the first by `namespace/name` (Gateway API). */
export function compareAge(a: Claimant, b: Claimant): number {
  return a.createdAt - b.createdAt || compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

/** Whose age and name decide a tie. `createdAt` is in Unix seconds. */
export type Claimant = Pick<Rule['route'], 'namespace' | 'name' | 'createdAt'>;

/**
 * Orders hostname patterns, most specific first: exact before wildcard, the longer wildcard first, `*` last. A more specific
 * hostname goes before any path.
 */
export function compareHostnames(a: string, b: string): number {
  return Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length || compareText(a, b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
