import { type Breathe, inSlices } from '../reload/breathe.ts';
import type { CompiledRule, RuleMatch } from '../snapshot/snapshot.ts';
import type { Candidate } from './candidate.ts';
import { HostIndex } from './hostIndex.ts';
import type { MatchTarget } from './matchTarget.ts';
import { PathNode } from './pathNode.ts';
import type { PathTable } from './pathTable.ts';
import { addCandidate, PathTableBuilder } from './pathTableBuilder.ts';

/** Where the tree of a hostname stands. */
interface Root {
  readonly paths: PathTable;
  readonly node: number;
}

/** A hostname, a rule that answers it, and the number of the plot where both belong. The same object for as long as the rule is. */
interface Planted {
  readonly hostname: string;
  readonly compiled: CompiledRule;
  readonly plot: number;
}

/** The trees of some hostnames, and what they were built of. */
interface Plot {
  readonly planted: readonly Planted[];
  readonly roots: ReadonlyMap<string, Root>;
}

/** So few that tables stay large, so many that an edit among a thousand hostnames builds those of a few anew. */
const PLOTS = 64;

const findFrom = ({ paths, node }: Root, target: MatchTarget): Candidate | undefined => paths.find(node, target);

/** Finds the rule of a request. Immutable once built. */
export class Matcher {
  readonly #roots: HostIndex<Root>;
  /** For the next matcher; a hostname's plot is the same in every one. */
  readonly plots: readonly Plot[];

  constructor(plots: readonly Plot[]) {
    this.plots = plots;
    this.#roots = new HostIndex<Root>();
    for (const { roots } of plots) for (const [hostname, root] of roots) this.#roots.set(hostname, root);
  }

  /**
   * The match that Gateway API's precedence puts first among those that hold: the most specific hostname, within it
   * `comparePrecedence`; where nothing of a hostname holds, the next one is tried. Undefined where no rule matches.
   * Linear in the path, the query and the candidates that share the request's path.
   */
  match(target: MatchTarget): RuleMatch | undefined {
    return this.#roots.first(target.host, findFrom, target);
  }
}

/** Builds a matcher of `rules`, a breath between short steps. What has the same rules as in `former` is taken over from there. */
export function buildMatcher(rules: readonly CompiledRule[], breathe: Breathe, former?: Matcher): Promise<Matcher> {
  return inSlices(buildSteps(rules, former), breathe);
}

function* buildSteps(rules: readonly CompiledRule[], former: Matcher | undefined): Generator<void, Matcher> {
  const plots: Plot[] = [];
  for (const [i, planted] of (yield* shareOut(rules)).entries()) {
    const before = former?.plots[i];
    plots.push(before !== undefined && areSame(before.planted, planted) ? before : yield* plantPlot(planted));
    yield;
  }
  return new Matcher(plots);
}

/** The hostnames and rules of each plot. */
function* shareOut(rules: readonly CompiledRule[]): Generator<void, readonly Planted[][]> {
  const plots = Array.from({ length: PLOTS }, (): Planted[] => []);
  for (const compiled of rules) {
    for (const planted of plantedOf(compiled)) plots[planted.plot]?.push(planted);
    yield;
  }
  return plots;
}

const remembered = new WeakMap<CompiledRule, readonly Planted[]>();

function plantedOf(compiled: CompiledRule): readonly Planted[] {
  const known = remembered.get(compiled);
  if (known !== undefined) return known;
  const planted = compiled.rule.hostnames.map((hostname) => ({ hostname, compiled, plot: plotOf(hostname) }));
  remembered.set(compiled, planted);
  return planted;
}

/** A plot by the hostname's hash (Bernstein's, modified); only evenness matters. */
function plotOf(hostname: string): number {
  let hash = 5381;
  for (let i = 0; i < hostname.length; i++) hash = Math.imul(hash, 33) ^ hostname.charCodeAt(i);
  return ((hash >>> 16) ^ hash) & (PLOTS - 1);
}

function areSame(before: readonly Planted[], now: readonly Planted[]): boolean {
  return before.length === now.length && before.every((planted, i) => now[i] === planted);
}

/** A step adds a rule to the tree of a hostname: at most as many candidates as a rule has matches. */
function* plantPlot(planted: readonly Planted[]): Generator<void, Plot> {
  const trees = new Map<string, PathNode>();
  for (const { hostname, compiled } of planted) {
    const tree = trees.get(hostname) ?? new PathNode();
    trees.set(hostname, tree);
    for (const candidate of candidatesOf(compiled)) {
      addCandidate(tree, candidate);
    }
    yield;
  }
  const builder = new PathTableBuilder();
  const nodes = new Map<string, number>();
  for (const [hostname, tree] of trees) nodes.set(hostname, yield* builder.add(tree));
  const paths = builder.finish();
  return { planted, roots: new Map([...nodes].map(([hostname, node]) => [hostname, { paths, node }])) };
}

function candidatesOf(compiled: CompiledRule): Candidate[] {
  const { rule } = compiled;
  return compiled.matches.map(({ match, pathPattern, predicates }) => ({
    predicates,
    pathPattern,
    compiled,
    match,
    rule,
  }));
}
