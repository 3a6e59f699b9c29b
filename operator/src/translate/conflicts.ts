import type { Match, NamedMatch, Rule } from '@evergate/contract/routeTable';
import type { Finding } from './verdict.ts';

export interface SettledRules {
  /** In the order they came in, without what other rules answer. */
  readonly rules: readonly Rule[];
  /** Of those rules; all that came in are there where nothing was lost. */
  readonly ids: Pick<ReadonlySet<string>, 'has'>;
  /** What each rule lost, by rule id. */
  readonly lost: ReadonlyMap<string, readonly Finding[]>;
}

/** One match on one listener for one host: what only one rule can answer. */
type Claims = Map<string, Rule>;

/**
 * Settles who answers where rules have the same predicates on the same listener for the same host: the first in `rules`, which stand
 * in the order of age, name and position (`compareAge`). Predicates that are equal cannot differ in specificity, so this is Gateway
 * API precedence. A match that a rule lost for all its hosts leaves the table, and so does a host for which it lost all its matches;
 * a match lost for some hosts only stays, as gateways try the winner first. Time is linear in listeners x hosts x matches; with
 * `memory`, in those of the rules that are others than at the last call, as long as no two are in conflict.
 */
export function settleConflicts(rules: readonly Rule[], memory: ClaimMemory = new ClaimMemory()): SettledRules {
  return memory.areFree(rules) ? { rules, ids: everyId, lost: new Map() } : settleAnew(rules);
}

const everyId = { has: (): boolean => true };

/** Rules among which there was no conflict, and what they claim. */
export class ClaimMemory {
  #rules: ReadonlySet<Rule> = new Set();
  #claims: Claims = new Map();

  /** Takes over from the rules before to these. Returns whether no two of them claim the same; else it begins anew with the next. */
  areFree(rules: readonly Rule[]): boolean {
    const now = new Set(rules);
    for (const rule of this.#rules) if (!now.has(rule)) this.#withdraw(rule);
    for (const rule of now) {
      if (this.#rules.has(rule) || claimAll(rule, this.#claims).length === 0) continue;
      this.#rules = new Set();
      this.#claims = new Map();
      return false;
    }
    this.#rules = now;
    return true;
  }

  #withdraw(rule: Rule): void {
    forEachClaim(rule, (key) => this.#claims.delete(key));
  }
}

function settleAnew(rules: readonly Rule[]): SettledRules {
  const claims: Claims = new Map();
  const lost = new Map<string, readonly Finding[]>();
  const settled = rules.flatMap((rule) => {
    const losses = claimAll(rule, claims);
    if (losses.length === 0) return [rule];
    // A match that a rule repeats is no conflict: the second one goes without a word.
    const toOthers = losses.filter(({ winner }) => winner !== rule);
    if (toOthers.length > 0) lost.set(rule.id, describeLosses(rule.position, toOthers));
    return withoutLosses(rule, losses);
  });
  return { rules: settled, ids: new Set(settled.map(({ id }) => id)), lost };
}

interface Loss {
  readonly match: Match;
  readonly hostname: string;
  readonly winner: Rule;
}

function claimAll(rule: Rule, claims: Claims): readonly Loss[] {
  const losses: Loss[] = [];
  forEachClaim(rule, (key, match, hostname) => {
    const winner = claims.get(key);
    if (winner === undefined) claims.set(key, rule);
    else losses.push({ match, hostname, winner });
  });
  return losses;
}

function forEachClaim(rule: Rule, visit: (key: string, match: Match, hostname: string) => void): void {
  for (const match of rule.matches) {
    const predicates = predicateKey(match);
    for (const hostname of rule.hostnames) {
      for (const listener of rule.listeners) visit(`${listener} ${hostname} ${predicates}`, match, hostname);
    }
  }
}

/** Equal for matches that accept the same requests; the order of headers and query parameters says nothing. */
function predicateKey({ path, method, headers, queryParams }: Match): string {
  if (headers.length === 0 && queryParams.length === 0) return `${method ?? '*'} ${path.type} ${path.value}`;
  return JSON.stringify([method ?? '*', path.type, path.value, sortedEntries(headers), sortedEntries(queryParams)]);
}

function sortedEntries(entries: readonly NamedMatch[]): readonly string[] {
  return entries.map(({ type, name, value }) => JSON.stringify([name, type, value])).sort();
}

function withoutLosses(rule: Rule, losses: readonly Loss[]): readonly Rule[] {
  const byMatch = Map.groupBy(losses, ({ match }) => match);
  const byHostname = Map.groupBy(losses, ({ hostname }) => hostname);
  const { listeners } = rule;
  const matches = rule.matches.filter(
    (match) => (byMatch.get(match)?.length ?? 0) < rule.hostnames.length * listeners.length,
  );
  const hostnames = rule.hostnames.filter(
    (hostname) => (byHostname.get(hostname)?.length ?? 0) < rule.matches.length * listeners.length,
  );
  return matches.length === 0 ? [] : [{ ...rule, matches, hostnames }];
}

/** One finding for each match and winner. */
function describeLosses(position: number, losses: readonly Loss[]): readonly Finding[] {
  const grouped = Map.groupBy(
    losses,
    ({ match, winner }) => `${describeMatch(match)} is answered by ${describeRule(winner)}`,
  );
  return [...grouped].map(([what, group]) => {
    const hosts = [...new Set(group.map(({ hostname }) => hostname))];
    const shown = hosts.length <= 3 ? hosts.join(', ') : `${hosts.slice(0, 3).join(', ')} and ${hosts.length - 3} more`;
    const lost = `spec.rules[${position}].matches: for host ${shown}, ${what}`;
    const message = `${lost}, which has the same match and takes precedence; change the match or the hostnames of one of them`;
    return { reason: 'Conflicted', message };
  });
}

function describeMatch({ path, method, headers, queryParams }: Match): string {
  const fields = headers.length + queryParams.length;
  const more = fields === 0 ? '' : ` with ${fields} header or query predicates`;
  return `${method === undefined ? '' : `${method} `}${path.type} ${path.value}${more}`;
}

function describeRule({ route, name }: Rule): string {
  return `rule ${name} of GatewayRoute ${route.namespace}/${route.name}`;
}
