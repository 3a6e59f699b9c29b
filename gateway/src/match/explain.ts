import { compareHostnames, comparePrecedence } from '@evergate/contract/precedence';
import type { Match, Rule } from '@evergate/contract/routeTable';
import type { CompiledMatch } from './candidate.ts';
import { mostSpecificHostname } from './hostIndex.ts';
import type { MatchTarget } from './matchTarget.ts';
import { endsSegment, prefixKey } from './pathKey.ts';

/** One match of one rule, as the explanation needs it. */
export interface ExplainedCandidate {
  readonly rule: Rule;
  readonly compiledMatch: CompiledMatch;
}

/** What came of one candidate. */
export interface Explanation extends ExplainedCandidate {
  /** The hostname pattern it was looked up under; undefined where none stands for the request's host. */
  readonly hostname: string | undefined;
  /** The first condition that failed, as a sentence without a full stop; undefined where all hold. */
  readonly mismatch: string | undefined;
}

/** Explains all candidates in the order the matcher tries them: the first without a mismatch is what it finds. */
export function explain(candidates: readonly ExplainedCandidate[], target: MatchTarget): readonly Explanation[] {
  const explained = candidates.map((candidate) => ({
    ...candidate,
    match: candidate.compiledMatch.match,
    hostname: mostSpecificHostname(candidate.rule.hostnames, target.host),
    mismatch: firstMismatch(candidate, target),
  }));
  return explained.sort((a, b) => compareFoundHostnames(a.hostname, b.hostname) || comparePrecedence(a, b));
}

/** The first condition of a candidate that a request does not meet, as a sentence without a full stop. */
export function firstMismatch({ rule, compiledMatch }: ExplainedCandidate, target: MatchTarget): string | undefined {
  if (mostSpecificHostname(rule.hostnames, target.host) === undefined) {
    return `host ${target.host} is none of: ${rule.hostnames.join(', ')}`;
  }
  if (!rule.listeners.includes(target.listener)) {
    return `listener ${target.listener} is none of: ${rule.listeners.join(', ')}`;
  }
  if (!pathHolds(compiledMatch, target.path)) return pathMismatch(compiledMatch.match, target.path);
  return compiledMatch.predicates.find((predicate) => !predicate.holds(target))?.mismatch(target);
}

function pathHolds({ match: { path }, pathPattern }: CompiledMatch, requested: string): boolean {
  if (path.type === 'Exact') return requested === path.value;
  if (path.type === 'RegularExpression') return pathPattern?.matches(requested) === true;
  const key = prefixKey(path.value);
  return requested.startsWith(key) && endsSegment(requested, key.length);
}

function pathMismatch({ path }: Match, requested: string): string {
  if (path.type === 'Exact') return `path ${requested} is not ${path.value}`;
  if (path.type === 'PathPrefix') return `path ${requested} does not begin with the segments ${path.value}`;
  return `path ${requested} does not match ${path.value}`;
}

function compareFoundHostnames(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compareHostnames(a, b);
}
