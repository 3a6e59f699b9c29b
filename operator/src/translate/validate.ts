import type { Problem } from '@evergate/contract/problem';
import type { Match, Rule } from '@evergate/contract/routeTable';
import type { ParentRef, RouteRule, UnreadRoute } from '@evergate/crds/gatewayRoute';
import { apiVersion, type ObjectMeta } from '@evergate/crds/objectMeta';
import { parseRules, parseUnreadRoute } from '@evergate/crds/parse';
import { ruleName } from '@evergate/crds/ruleNames';
import { fieldOf, unixSeconds } from './fields.ts';
import { anyHostname } from './hostnames.ts';
import { readMatches } from './matches.ts';
import { type PatternCheck, patternCheck } from './patterns.ts';
import { headersRepeatedIn } from './repeatedHeaders.ts';
import type { Finding } from './verdict.ts';

export interface RuleSource {
  readonly id: string;
  /** The rule's name, or its position as text. */
  readonly name: string;
  readonly hasName: boolean;
  readonly position: number;
  /** What the user wrote, defaulted; absent where it cannot be read. */
  readonly rule?: RouteRule | undefined;
  /** As it stands in the object. */
  readonly written?: unknown;
  /** The matches of `rule` in the table's form. */
  readonly matches: readonly Match[];
  /** With any, the rule is not served as written. */
  readonly problems: readonly Finding[];
}

/** A route as far as it can be read: what is wrong in one rule is said there, what is wrong elsewhere is said in every rule. */
export interface RouteSource {
  readonly identity: Rule['route'];
  readonly parentRefs: readonly ParentRef[];
  /** `*` alone where the route names none. */
  readonly hostnames: readonly string[];
  readonly rules: readonly RuleSource[];
  /** Its rules cannot be told one from another: there is no list of them. */
  readonly hasNoRuleList?: boolean;
  /** Outside its rules. With any, nothing of the route is served as written. */
  readonly problems: readonly Finding[];
}

/** What was read of an object. Objects are never changed, so an edit among thousands of routes reads one of them again. */
const alreadyRead = new WeakMap<object, RouteSource>();

/**
 * Reads a route, whatever it is, and finds everything in it that is wrong whatever else exists. An object must not be changed
 * afterwards: it is read once. Routes that are read together share `check`.
 */
export function readRoute(object: unknown, check: PatternCheck = patternCheck()): RouteSource {
  if (typeof object !== 'object' || object === null) return readAnew(object, check);
  const known = alreadyRead.get(object);
  if (known !== undefined) return known;
  const route = readAnew(object, check);
  alreadyRead.set(object, route);
  return route;
}

function readAnew(object: unknown, check: PatternCheck): RouteSource {
  const parsed = parseUnreadRoute(object);
  if (!parsed.ok) return salvageRoute(object, parsed.problems);
  const { metadata, spec } = parsed.value;
  return {
    identity: identify(metadata),
    parentRefs: spec.parentRefs,
    hostnames: hostnamesOf(spec.hostnames),
    rules: readRules(metadata, spec.rules, check),
    problems: [],
  };
}

function readRules(metadata: ObjectMeta, rules: readonly unknown[], check: PatternCheck): readonly RuleSource[] {
  return parseRules(rules).map((parsed, position) => {
    const source = nameRule(metadata, rules, position);
    if (!parsed.ok) return { ...source, matches: [], problems: findings(parsed.problems) };
    const rule = parsed.value;
    const field = `spec.rules[${position}]`;
    const { matches, problems } = readMatches(rule.matches, field, check);
    return { ...source, rule, matches, problems: [...problems, ...headersRepeatedIn(rule.filters, field)] };
  });
}

/** A name that cannot be taken for a position. */
const NAME = /^[a-z][-a-z0-9]{0,62}$/;

function nameRule(route: { namespace: string; name: string }, rules: readonly unknown[], position: number) {
  const ownName = ruleName(rules[position]) ?? '';
  const hasName = NAME.test(ownName) && !rules.slice(0, position).some((other) => ruleName(other) === ownName);
  const name = hasName ? ownName : String(position);
  const written = rules[position];
  return { id: `${route.namespace}/${route.name}/${name}`, name, hasName, position, written };
}

function findings(problems: readonly Problem[]): readonly Finding[] {
  return problems.map(({ path, message }) => ({ reason: 'UnsupportedValue', message: `${path}: ${message}` }));
}

function hostnamesOf(hostnames: readonly string[]): readonly string[] {
  return hostnames.length === 0 ? [anyHostname] : hostnames;
}

function identify({ namespace, name, uid, generation, creationTimestamp }: ObjectMeta): Rule['route'] {
  return { namespace, name, uid, generation, createdAt: unixSeconds(creationTimestamp) };
}

/** Reads what can be read of a broken route, field by field: its last good rules are served where the rest still permits it. */
function salvageRoute(object: unknown, problems: readonly Problem[]): RouteSource {
  const spec = fieldOf(object, 'spec');
  const metadata = fieldOf(object, 'metadata');
  const identity = readAlone(metadata, {})?.metadata;
  const rules = fieldOf(spec, 'rules');
  const named = identity ?? { ...writtenName(metadata), uid: '', generation: 0 };
  const found = findings(problems);
  return {
    identity: identify(named),
    parentRefs: readAlone(metadata, { parentRefs: fieldOf(spec, 'parentRefs') })?.spec.parentRefs ?? [],
    hostnames: hostnamesOf(readAlone(metadata, { hostnames: fieldOf(spec, 'hostnames') })?.spec.hostnames ?? []),
    rules: (Array.isArray(rules) ? rules.slice(0, 64) : []).map((_, position, all) => ({
      ...nameRule(named, all, position),
      matches: [],
      problems: found,
    })),
    hasNoRuleList: !Array.isArray(rules),
    problems: found,
  };
}

/** However wrong a name is, what is said of the route must name it. */
function writtenName(metadata: unknown): { namespace: string; name: string } {
  const [namespace, name] = [fieldOf(metadata, 'namespace'), fieldOf(metadata, 'name')];
  return { namespace: typeof namespace === 'string' ? namespace : '', name: typeof name === 'string' ? name : '' };
}

/** Reads a route that has these fields alone. */
function readAlone(metadata: unknown, fields: Readonly<Record<string, unknown>>): UnreadRoute | undefined {
  const parsed = parseUnreadRoute({ apiVersion, kind: 'GatewayRoute', metadata, spec: { ...fields, rules: [null] } });
  return parsed.ok ? parsed.value : undefined;
}

/** Refuses a route whose name another one has, which is possible in files only: their rules would share ids. */
export function refuseRepeated(routes: readonly RouteSource[]): readonly RouteSource[] {
  const seen = new Set<string>();
  return routes.map((route) => {
    const key = `${route.identity.namespace}/${route.identity.name}`;
    const isFirst = !seen.has(key);
    seen.add(key);
    if (isFirst) return route;
    const message = `metadata.name: GatewayRoute ${key} exists already; give this one another name or namespace`;
    return {
      ...route,
      rules: [],
      hasNoRuleList: false,
      problems: [...route.problems, { reason: 'UnsupportedValue', message }],
    };
  });
}
