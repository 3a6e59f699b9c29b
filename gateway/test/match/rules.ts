import type { Filter, Match, Rule } from '@evergate/contract/routeTable';
import type { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import { buildMatcher, type Matcher } from '../../src/match/matcher.ts';
import type { MatchTarget } from '../../src/match/matchTarget.ts';
import { compileRule } from '../../src/snapshot/compile.ts';
import type { CompiledRule } from '../../src/snapshot/snapshot.ts';

/** Lets scripts of any origin in. */
export const corsFilter: Filter = {
  type: 'CORS',
  allowOrigins: ['*'],
  allowMethods: ['*'],
  allowHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: 5,
  allowCredentials: false,
};

const noBackends = { entries: [], pick: () => undefined } as unknown as WeightedBackends;

/** A rule named `name` for any path of any host, but for what is given. */
export function ruleOf(name: string, fields: Partial<Rule> = {}): Rule {
  return {
    id: `shop/${name}/0`,
    route: { namespace: 'shop', name, uid: name, generation: 1, createdAt: 0 },
    name: '0',
    position: 0,
    listeners: ['http'],
    hostnames: ['*'],
    matches: [matchOf()],
    filters: [],
    backends: [],
    timeouts: {},
    limits: {},
    ...fields,
  };
}

/** A match of the path prefix `/`, but for what is given. */
export function matchOf(fields: Partial<Match> = {}): Match {
  return { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [], ...fields };
}

export function pathOf(type: Match['path']['type'], value: string): Match {
  return matchOf({ path: { type, value } });
}

/** `GET http://shop.example.com/`, but for what is given. */
export function targetOf(fields: Partial<MatchTarget> = {}): MatchTarget {
  return { listener: 'http', host: 'shop.example.com', path: '/', query: '', method: 'GET', headers: [], ...fields };
}

/** Throws where the rule cannot be compiled. */
export function compiledOf(rule: Rule): CompiledRule {
  const compiled = compileRule(rule, { slot: () => 0, backends: () => noBackends });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.value;
}

export function matcherOf(rules: readonly Rule[]): Promise<Matcher> {
  return buildMatcher(rules.map(compiledOf), () => undefined);
}
