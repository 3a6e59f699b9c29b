import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '@evergate/contract/duration';
import { defaultRetry } from '@evergate/contract/retrySettings';
import type { Filter, Rule, WeightedBackend } from '@evergate/contract/routeTable';
import type { BackendRef, RouteRule } from '@evergate/crds/gatewayRoute';
import { quantityBytes } from '@evergate/crds/quantity';
import type { ResolveBackend, ServicePort } from './backends.ts';
import { readFilters } from './filters.ts';
import { milliseconds } from './settings.ts';
import type { RuleSource } from './validate.ts';
import type { Finding } from './verdict.ts';

/** What a rule says, apart from where it is attached. */
export type RuleContent = Pick<Rule, 'matches' | 'filters' | 'backends' | 'timeouts' | 'retry' | 'limits'>;

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

/** Brings one rule into the table's form, with the backends that `resolve` finds for routes of `namespace`. */
export function readRule(source: RuleSource, namespace: string, resolve: ResolveBackend): ReadRule {
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
  return { content: assemble(rule, matches, filters, backends), invalid: [], unresolved };
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

function optionalMs(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}

/** The backends that a rule sends requests to, copies included, each once. */
export function backendsOf({ backends, filters }: Pick<Rule, 'backends' | 'filters'>): readonly string[] {
  const mirrors = filters.flatMap((filter) => (filter.type === 'RequestMirror' ? [filter.backend] : []));
  return [...new Set([...backends.flatMap(({ backend }) => backend ?? []), ...mirrors])];
}
