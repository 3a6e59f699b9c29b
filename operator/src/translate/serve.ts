import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { Attachment, Binding } from './attach.ts';
import type { ResolveBackend } from './backends.ts';
import { lastGoodRule, type ServedTable } from './lastGood.ts';
import { type ReadRule, type RuleContent, readRule } from './rules.ts';
import type { RouteSource, RuleSource } from './validate.ts';
import type { Warning } from './verdict.ts';
import { warnOfContent } from './warnings.ts';

/** What is served of a rule of a route, before conflicts with others. */
export interface ServedRule {
  readonly source: RuleSource;
  readonly read: ReadRule;
  /** Whether the last good version stands in for what was written. */
  readonly isLastGood: boolean;
  readonly warnings: readonly Warning[];
  /** One for each binding; empty where nothing is served. */
  readonly rules: readonly Rule[];
}

export interface ServeContext {
  readonly resolve: ResolveBackend;
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
  const read = readRule(source, route.identity.namespace, context.resolve);
  const warnings =
    read.content === undefined ? [] : warnOfContent(read.content, `spec.rules[${source.position}]`, context.settings);
  const served = { source, read, warnings };
  if (bindings.length === 0) return { ...served, isLastGood: false, rules: [] };

  const isMistaken = read.content === undefined || read.unresolved.some(({ isMistake }) => isMistake);
  const lastGood = isMistaken ? lastGoodRule(context.previous, route, source, read, context.resolve) : undefined;
  if (lastGood !== undefined) {
    const identity = { ...route.identity, generation: lastGood.route.generation };
    return { ...served, isLastGood: true, rules: bindRule(lastGood, identity, source, bindings) };
  }
  const rules = read.content === undefined ? [] : bindRule(read.content, route.identity, source, bindings);
  return { ...served, isLastGood: false, rules };
}

/** A rule stands in the table once for each set of hosts; nearly always once. */
function bindRule(
  { matches, filters, backends, timeouts, retry, limits }: RuleContent,
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
  }));
}
