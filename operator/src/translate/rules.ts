import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '@evergate/contract/duration';
import { defaultRetry } from '@evergate/contract/retrySettings';
import type { Filter, Rule, WeightedBackend } from '@evergate/contract/routeTable';
import type { BackendRef, RouteRule } from '@evergate/crds/gatewayRoute';
import { quantityBytes } from '@evergate/crds/quantity';
import { authBackends } from './auth.ts';
import type { ResolveBackend, ServicePort } from './backends.ts';
import { readFilters } from './filters.ts';
import type { Defaults } from './fleetPolicies.ts';
import { unresolvedBackend } from './policyContext.ts';
import { type RulePolicies, readPolicies } from './rulePolicies.ts';
import type { SecretIndex } from './secrets.ts';
import { readSessionPersistence } from './sessionPersistence.ts';
import { milliseconds } from './settings.ts';
import type { RuleSource } from './validate.ts';
import type { Finding } from './verdict.ts';

/** What a rule says, apart from where it is attached. */
export type RuleContent = Pick<
  Rule,
  'matches' | 'filters' | 'backends' | 'timeouts' | 'retry' | 'limits' | 'sessionPersistence'
> &
  RulePolicies;

export interface Unresolved {
  readonly finding: Finding;
  /** A mistake in what requests need: the last good version is served, if there is one. */
  readonly isMistake: boolean;
}

export interface ReadRule {
  /** The rule as written, null in place of a backend that could not be found; absent where `invalid` says why. */
  readonly content?: RuleContent | undefined;
  readonly invalid: readonly Finding[];
  readonly unresolved: readonly Unresolved[];
}

/** What reading rules needs of the fleet. */
export interface RuleContext {
  readonly resolve: ResolveBackend;
  readonly secrets: SecretIndex;
  readonly defaults: Defaults;
}

/** Brings one rule of a route into the table's form, with the backends that `resolve` finds for routes of its namespace. */
export function readRule(
  source: RuleSource,
  { namespace, name }: Pick<Rule['route'], 'namespace' | 'name'>,
  { resolve, secrets, defaults }: RuleContext,
): ReadRule {
  const { rule, matches, problems } = source;
  if (rule === undefined) return { invalid: problems, unresolved: [] };
  const field = `spec.rules[${source.position}]`;
  const unresolved: Unresolved[] = [];
  const find = (ref: ServicePort, place: string, isNeeded: boolean): string | undefined => {
    const resolution = resolve(namespace, ref);
    if (resolution.outcome === 'Resolved') return resolution.backend.endpoints.id;
    const { outcome, finding } = resolution;
    const isMistake = isNeeded && outcome === 'Mistake';
    unresolved.push({ finding: { ...finding, message: `${field}.${place}: ${finding.message}` }, isMistake });
    return undefined;
  };
  // Requests are served without a mirror as well, so a missing one must not hold back the edit.
  const filters = readFilters(rule.filters, (ref, at) => find(ref, `filters[${at}].requestMirror.backendRef`, false));
  const backends = rule.backendRefs.map((ref, at) => readBackendRef(ref, find(ref, `backendRefs[${at}]`, true)));

  if (problems.length > 0) return { invalid: problems, unresolved };
  const owner = `${namespace}/${name}/${source.name}`;
  const policies = readPolicies(rule, owner, defaults, {
    namespace,
    resolve,
    secrets,
    // Who cannot be asked lets nobody in: the rule is served so, rather than as it was before.
    onUnresolved: (place, { reason, message }) =>
      void unresolved.push({ finding: { reason, message: `${field}.auth.${place}: ${message}` }, isMistake: false }),
  });
  const content = { ...assemble(rule, matches, filters, backends), ...policies, ...readPersistence(rule, owner) };
  return { content, invalid: [], unresolved };
}

function readBackendRef({ weight, priority }: BackendRef, backend: string | undefined): WeightedBackend {
  return { backend: backend ?? null, weight, ...(priority === 0 ? {} : { priority }) };
}

function assemble(
  { timeouts, retry, limits }: RouteRule,
  matches: RuleContent['matches'],
  filters: readonly Filter[],
  backends: readonly WeightedBackend[],
): RuleContent {
  const requestMs = optionalMs(timeouts.request);
  const backendRequestMs = optionalMs(timeouts.backendRequest);
  return {
    matches,
    filters,
    backends,
    timeouts: {
      ...(requestMs === undefined ? {} : { requestMs }),
      ...(backendRequestMs === undefined ? {} : { backendRequestMs }),
    },
    ...readRetry(retry),
    limits: limits.requestBody === undefined ? {} : { requestBodyBytes: quantityBytes(limits.requestBody) },
  };
}

/** What is as by default is left out: that is nearly every rule. */
function readRetry({ attempts, on, codes, methods, backoff, budget }: RouteRule['retry']): Pick<Rule, 'retry'> {
  const { percent, minRetryRate: minPerSecond } = budget;
  const retry = { attempts, on, codes, methods, backoffMs: milliseconds(backoff), budget: { percent, minPerSecond } };
  return isDeepStrictEqual(retry, defaultRetry) ? {} : { retry };
}

function readPersistence({ sessionPersistence }: RouteRule, owner: string): Pick<Rule, 'sessionPersistence'> {
  if (sessionPersistence === undefined) return {};
  return { sessionPersistence: readSessionPersistence(sessionPersistence, owner) };
}

function optionalMs(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

const backendsOfRules = new WeakMap<object, readonly string[]>();

/** The backends that a rule needs, those of copies and of authentication included, each once. The rule must not change afterwards. */
export function backendsOf(rule: Pick<Rule, 'backends' | 'filters' | 'auth'>): readonly string[] {
  const known = backendsOfRules.get(rule);
  if (known !== undefined) return known;
  const { backends, filters, auth } = rule;
  const mirrors = filters.flatMap((filter) => (filter.type === 'RequestMirror' ? [filter.backend] : []));
  const asked = authBackends(auth).filter((id) => id !== unresolvedBackend);
  const found = [...new Set([...backends.flatMap(({ backend }) => backend ?? []), ...mirrors, ...asked])];
  backendsOfRules.set(rule, found);
  return found;
}
