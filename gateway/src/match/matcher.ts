import { type Breathe, inSlices } from '../reload/breathe.ts';
import type { CompiledRule, RuleMatch } from '../snapshot/snapshot.ts';
import type { Candidate } from './candidate.ts';
import { HostIndex } from './hostIndex.ts';
import type { MatchTarget } from './matchTarget.ts';
import { PathNode } from './pathNode.ts';
import type { PathTable } from './pathTable.ts';
import { addCandidate, PathTableBuilder } from './pathTableBuilder.ts';

/** Finds the rule of a request. Immutable once built. */
export class Matcher {
  readonly #roots: HostIndex<number>;
  readonly #findFrom: (root: number, target: MatchTarget) => Candidate | undefined;

  /** `roots` says where in `paths` the tree of each hostname stands. */
  constructor(roots: HostIndex<number>, paths: PathTable) {
    this.#roots = roots;
    this.#findFrom = (root, target) => paths.find(root, target);
  }

  /**
   * The match that Gateway API's precedence puts first among those that hold: the most specific hostname, within it
   * `comparePrecedence`; where nothing of a hostname holds, the next one is tried. Undefined where no rule matches.
   * Linear in the path, the query and the candidates that share the request's path.
   */
  match(target: MatchTarget): RuleMatch | undefined {
    return this.#roots.first(target.host, this.#findFrom, target);
  }
}

/** Builds a matcher of `rules`, a breath between short steps. */
export function buildMatcher(rules: readonly CompiledRule[], breathe: Breathe): Promise<Matcher> {
  return inSlices(buildSteps(rules), breathe);
}

function* buildSteps(rules: readonly CompiledRule[]): Generator<void, Matcher> {
  const trees = yield* plantTrees(rules);
  const roots = new HostIndex<number>();
  const table = new PathTableBuilder();
  for (const [hostname, tree] of trees) roots.set(hostname, yield* table.add(tree));
  return new Matcher(roots, table.finish());
}

/** The tree of each hostname. A step adds a rule to one of them: at most as many candidates as a rule has matches. */
function* plantTrees(rules: readonly CompiledRule[]): Generator<void, Map<string, PathNode>> {
  const trees = new Map<string, PathNode>();
  const listenerLists = new Map<string, readonly string[]>();
  for (const compiled of rules) {
    const candidates = candidatesOf(compiled, shared(listenerLists, compiled.rule.listeners));
    for (const hostname of compiled.rule.hostnames) {
      const tree = trees.get(hostname) ?? new PathNode();
      trees.set(hostname, tree);
      for (const candidate of candidates) addCandidate(tree, candidate);
      yield;
    }
  }
  return trees;
}

function candidatesOf(compiled: CompiledRule, listeners: readonly string[]): Candidate[] {
  const { rule } = compiled;
  return compiled.matches.map(({ match, pathPattern, predicates }) => ({
    listeners,
    predicates,
    pathPattern,
    compiled,
    match,
    rule,
  }));
}

/** The first list seen with the same names. */
function shared(seen: Map<string, readonly string[]>, names: readonly string[]): readonly string[] {
  const key = names.join();
  const known = seen.get(key) ?? names;
  seen.set(key, known);
  return known;
}
