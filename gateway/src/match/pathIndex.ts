import { comparePrecedence } from '@evergate/contract/precedence';
import type { Candidate } from './candidate.ts';
import type { MatchTarget } from './matchTarget.ts';
import { endsSegment, prefixKey } from './pathKey.ts';
import { PathNode } from './pathNode.ts';

/**
 * The candidates of one hostname, found by path: a radix tree of exact paths, prefixes and the literal prefixes of regular
 * expressions. One walk down finds the deepest node on the request's path; whatever may match stands there or above it. Costs
 * the length of the path and the candidates that share it, whatever the number of routes, and allocates nothing.
 */
export class PathIndex {
  readonly #root = new PathNode();

  /** Adds a candidate at its place in `comparePrecedence`. */
  add(candidate: Candidate): void {
    const { path } = candidate.match;
    if (path.type === 'Exact') this.#root.insert(path.value).add('exact', candidate);
    else if (path.type === 'PathPrefix') this.#root.insert(prefixKey(path.value)).add('prefixes', candidate);
    else this.#root.insert(candidate.pathPattern?.literalPrefix ?? '').add('patterns', candidate);
  }

  /** The first candidate by `comparePrecedence` whose path and predicates hold. */
  find(target: MatchTarget): Candidate | undefined {
    const deepest = this.#root.deepest(target.path);
    return findExact(deepest, target) ?? findPattern(deepest, target) ?? findPrefix(deepest, target);
  }
}

function findExact(deepest: PathNode, target: MatchTarget): Candidate | undefined {
  return deepest.depth === target.path.length ? firstThatHolds(deepest.exact, target) : undefined;
}

/** The best one may stand at any node of the way: longer patterns go first, not longer literal prefixes. */
function findPattern(deepest: PathNode, target: MatchTarget): Candidate | undefined {
  let best: Candidate | undefined;
  for (let node: PathNode | undefined = deepest; node !== undefined; node = node.parent) {
    best = betterPattern(node.patterns, best, target);
  }
  return best;
}

function betterPattern(
  patterns: readonly Candidate[],
  best: Candidate | undefined,
  target: MatchTarget,
): Candidate | undefined {
  for (const candidate of patterns) {
    if (best !== undefined && comparePrecedence(best, candidate) < 0) return best;
    if (predicatesHold(candidate, target) && candidate.pathPattern?.matches(target.path)) return candidate;
  }
  return best;
}

/** The deeper the node, the longer the prefix. */
function findPrefix(deepest: PathNode, target: MatchTarget): Candidate | undefined {
  for (let node: PathNode | undefined = deepest; node !== undefined; node = node.parent) {
    if (node.prefixes.length === 0 || !endsSegment(target.path, node.depth)) continue;
    const found = firstThatHolds(node.prefixes, target);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstThatHolds(candidates: readonly Candidate[], target: MatchTarget): Candidate | undefined {
  for (const candidate of candidates) {
    if (predicatesHold(candidate, target)) return candidate;
  }
  return undefined;
}

function predicatesHold({ predicates }: Candidate, target: MatchTarget): boolean {
  for (const predicate of predicates) {
    if (!predicate.holds(target)) return false;
  }
  return true;
}
