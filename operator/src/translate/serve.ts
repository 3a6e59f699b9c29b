import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { Attachment, Binding } from './attach.ts';
import { lastGoodRule, type ServedTable, servedBefore } from './lastGood.ts';
import { letsInTheSame } from './rulePolicies.ts';
import { type ReadRule, type RuleContent, type RuleContext, readRule } from './rules.ts';
import type { RouteSource, RuleSource } from './validate.ts';
import type { Finding, Warning } from './verdict.ts';
import { warnOfContent } from './warnings.ts';

/** What is served of a rule of a route, before conflicts with others. */
export interface ServedRule {
  readonly source: RuleSource;
  readonly read: ReadRule;
  /** Whether the last good version stands in for what was written. */
  readonly isLastGood: boolean;
  /** Why requests that match are answered 500, although the rule was served before. */
  readonly closed?: Finding | undefined;
  readonly warnings: readonly Warning[];
  /** One for each binding; empty where nothing is served. */
  readonly rules: readonly Rule[];
}

export interface ServeContext extends RuleContext {
  readonly settings: FleetSettings;
  readonly previous: ServedTable;
}

/** Decides for each rule of a route what is served: what was written, its last good version, or nothing. */
export function serveRoute(route: RouteSource, attachment: Attachment, context: ServeContext): readonly ServedRule[] {
  return route.rules.map((source) => serveRule(route, source, attachment.bindings, context));
}

function serveRule(
  route: RouteSource,
  source: RuleSource,
  bindings: readonly Binding[],
  context: ServeContext,
): ServedRule {
  const read = readRule(source, route.identity, context);
  const warnings =
    read.content === undefined ? [] : warnOfContent(read.content, `spec.rules[${source.position}]`, context.settings);
  const served = { source, read, warnings };
  if (bindings.length === 0) return { ...served, isLastGood: false, rules: [] };

  const isMistaken = read.content === undefined || read.unresolved.some(({ isMistake }) => isMistake);
  const lastGood = isMistaken ? lastGoodRule(context.previous, route, source, read, context.resolve) : undefined;
  if (lastGood !== undefined && mayGoOn(lastGood, route, source, context)) {
    const identity = { ...route.identity, generation: lastGood.route.generation };
    return { ...served, isLastGood: true, rules: bindRule(lastGood, identity, source, bindings) };
  }
  if (read.content === undefined) {
    const before = lastGood ?? servedBefore(context.previous, route, source, read);
    if (before === undefined || (lastGood === undefined && !isClosed(before)))
      return { ...served, isLastGood: false, rules: [] };
    const rules = bindRule(closedRule(before), route.identity, source, bindings);
    return { ...served, isLastGood: false, closed: accessChanged(source), rules };
  }
  const rules = bindRule(read.content, route.identity, source, bindings);
  return { ...served, isLastGood: false, rules };
}

/** Whether what was served lets in whom the rule as written lets in. What is written nowhere (a file caught half-written) changes nothing. */
function mayGoOn(lastGood: Rule, { identity }: RouteSource, { written }: RuleSource, context: ServeContext): boolean {
  if (written === undefined) return true;
  const { resolve, secrets, defaults } = context;
  const { namespace } = identity;
  return letsInTheSame(written, lastGood, defaults, { namespace, resolve, secrets, onUnresolved: () => {} });
}

/** Takes the requests of a rule and answers them 500: another rule must not get them, with less to ask of them. */
function closedRule({ matches, timeouts, limits }: Rule): RuleContent {
  return { matches, filters: [], backends: [closedBackend], timeouts, limits };
}

/** Marks a closed rule, which stays one until its route is corrected: nobody could write it so. */
const closedBackend = { backend: null, weight: 0 };

function isClosed({ backends }: Rule): boolean {
  return backends.length === 1 && backends[0]?.backend === null && backends[0].weight === 0;
}

function accessChanged({ position }: RuleSource): Finding {
  const changed = `spec.rules[${position}]: auth or access changed in an edit that is broken`;
  const remedy = 'neither the edit nor what was served before may be served; correct what is broken';
  return { reason: 'UnsupportedValue', message: `${changed}: ${remedy}` };
}

/** A rule stands in the table once for each set of hosts; nearly always once. */
function bindRule(
  { matches, filters, backends, timeouts, retry, limits, rateLimits, auth, access, sessionPersistence }: RuleContent,
  route: Rule['route'],
  { id, name, position }: RuleSource,
  bindings: readonly Binding[],
): readonly Rule[] {
  return bindings.map(({ listeners, hostnames }, index) => ({
    id: index === 0 ? id : `${id}@${listeners[0]}`,
    route,
    name,
    position,
    listeners,
    hostnames,
    matches,
    filters,
    backends,
    timeouts,
    ...(retry === undefined ? {} : { retry }),
    limits,
    ...(rateLimits === undefined ? {} : { rateLimits }),
    ...(auth === undefined ? {} : { auth }),
    ...(access === undefined ? {} : { access }),
    ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
  }));
}
