import { isDeepStrictEqual } from 'node:util';
import type { Rule } from '@evergate/contract/routeTable';
import { parseBackendId, type ResolveBackend } from './backends.ts';
import { intersectHostnames } from './hostnames.ts';
import { backendsOf, type ReadRule } from './rules.ts';
import type { RouteSource, RuleSource } from './validate.ts';

/** The rules in the table that is served now. */
export interface ServedTable {
  readonly rules: ReadonlyMap<string, Rule>;
  /** The rules of each route by `<namespace>/<name>`; one that stands there for several sets of hosts is listed once. */
  readonly byRoute: ReadonlyMap<string, readonly Rule[]>;
  /** Of each route by `<namespace>/<name>`, the position of its last rule. */
  readonly lastPositions: ReadonlyMap<string, number>;
}

/** Indexes the rules of a table, which are given by id; by their routes when something is first broken, which is rare. */
export function servedTable(rules: ReadonlyMap<string, Rule>): ServedTable {
  let index: Omit<ServedTable, 'rules'> | undefined;
  const indexed = (): Omit<ServedTable, 'rules'> => (index ??= indexByRoute(rules));
  return {
    rules,
    get byRoute() {
      return indexed().byRoute;
    },
    get lastPositions() {
      return indexed().lastPositions;
    },
  };
}

function indexByRoute(rules: ReadonlyMap<string, Rule>): Omit<ServedTable, 'rules'> {
  const byRoute = new Map<string, Rule[]>();
  const lastPositions = new Map<string, number>();
  for (const rule of rules.values()) {
    const key = routeKey(rule.route);
    const listed = byRoute.get(key) ?? [];
    if (listed.length === 0) byRoute.set(key, listed);
    if (rule.id === `${key}/${rule.name}`) listed.push(rule);
    lastPositions.set(key, Math.max(rule.position, lastPositions.get(key) ?? 0));
  }
  return { byRoute, lastPositions };
}

/**
 * Finds the version of a broken rule that may go on being served: the one in the table now, if it was whole, is of the same route
 * object, and every backend of it still exists and is still permitted. A mistake keeps a rule in force; a withdrawal never does.
 */
export function lastGoodRule(
  table: ServedTable,
  route: RouteSource,
  source: RuleSource,
  read: ReadRule,
  resolve: ResolveBackend,
): Rule | undefined {
  const served = servedBefore(table, route, source, read);
  if (served === undefined) return undefined;
  if (served.backends.some(({ backend }) => backend === null)) return undefined;
  const isUsable = backendsOf(served).every((id) => {
    const ref = parseBackendId(id);
    return ref !== undefined && resolve(route.identity.namespace, ref).outcome === 'Resolved';
  });
  return isUsable ? served : undefined;
}

/** The version of a rule that is in the table now, if it is of the same route object. */
export function servedBefore(
  table: ServedTable,
  route: RouteSource,
  source: RuleSource,
  read: ReadRule,
): Rule | undefined {
  const served = source.hasName ? table.rules.get(source.id) : findUnnamed(table, route, source, read);
  return served?.route.uid === route.identity.uid ? served : undefined;
}

/**
 * A rule without a name is known by its matches, wherever it stood. Where those changed or cannot be read, it is known by its
 * position, unless the route has lost a rule: what is served under the position may then be the one that was removed.
 */
function findUnnamed(table: ServedTable, route: RouteSource, source: RuleSource, read: ReadRule): Rule | undefined {
  const key = routeKey(route.identity);
  const lastPosition = table.lastPositions.get(key) ?? 0;
  const matches = read.content?.matches;
  for (let position = 0; matches !== undefined && position <= lastPosition; position++) {
    const served = table.rules.get(`${key}/${position}`);
    if (served !== undefined && isDeepStrictEqual(served.matches, matches)) return served;
  }
  return lastPosition < route.rules.length ? table.rules.get(source.id) : undefined;
}

function routeKey({ namespace, name }: Pick<Rule['route'], 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** A route that is so broken that it has no list of rules (a file caught half-written, say) keeps all that is served of it. */
export function keepServedRules(route: RouteSource, table: ServedTable): RouteSource {
  if (route.hasNoRuleList !== true) return route;
  const served = table.byRoute.get(routeKey(route.identity)) ?? [];
  const rules = served.map(({ id, name, position }) => {
    return { id, name, hasName: true, position, matches: [], problems: route.problems };
  });
  return { ...route, rules };
}

/**
 * A route that is broken outside its rules keeps the hosts it is served for, as far as what can be read of it still names them: a
 * misspelt `hostnames` must not widen it to every host.
 */
export function keepServedHostnames(route: RouteSource, table: ServedTable): RouteSource {
  if (route.problems.length === 0) return route;
  const served = route.rules.flatMap(({ id }) => table.rules.get(id)?.hostnames ?? []);
  const hostnames = [...new Set(served.flatMap((hostname) => intersectHostnames(hostname, route.hostnames)))];
  return served.length === 0 ? route : { ...route, hostnames };
}
