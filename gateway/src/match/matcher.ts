import { type Breathe, inSlices } from '../reload/breathe.ts';
import type { CompiledRule, RuleMatch } from '../snapshot/snapshot.ts';
import type { Candidate } from './candidate.ts';
import { HostIndex } from './hostIndex.ts';
import type { MatchTarget } from './matchTarget.ts';
import { PathIndex } from './pathIndex.ts';

/** Finds the rule of a request. Immutable once built. */
export class Matcher {
  readonly #hosts: HostIndex<PathIndex>;

  constructor(hosts: HostIndex<PathIndex>) {
    this.#hosts = hosts;
  }

  /**
   * The match that Gateway API's precedence puts first among those that hold: the most specific hostname, within it
   * `comparePrecedence`; where nothing of a hostname holds, the next one is tried. Undefined where no rule matches.
   * Linear in the path, the query and the candidates that share the request's path.
   */
  match(target: MatchTarget): RuleMatch | undefined {
    return this.#hosts.first(target.host, findByPath, target);
  }
}

/** Builds a matcher of `rules`, a breath between short steps. */
export function buildMatcher(rules: readonly CompiledRule[], breathe: Breathe): Promise<Matcher> {
  return inSlices(buildSteps(rules), breathe);
}

/** Steps of one hostname of one rule: at most as many candidates as a rule has matches. */
function* buildSteps(rules: readonly CompiledRule[]): Generator<void, Matcher> {
  const hosts = new HostIndex<PathIndex>();
  for (const compiled of rules) {
    const candidates = candidatesOf(compiled);
    for (const hostname of compiled.rule.hostnames) {
      const paths = hosts.at(hostname, newPathIndex);
      for (const candidate of candidates) paths.add(candidate);
      yield;
    }
  }
  return new Matcher(hosts);
}

function candidatesOf(compiled: CompiledRule): Candidate[] {
  return compiled.matches.map((match) => ({ ...match, compiled, rule: compiled.rule }));
}

function newPathIndex(): PathIndex {
  return new PathIndex();
}

function findByPath(paths: PathIndex, target: MatchTarget): Candidate | undefined {
  return paths.find(target);
}
