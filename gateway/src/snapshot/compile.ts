import type { DocumentOrder } from '@evergate/contract/document';
import type { Parsed } from '@evergate/contract/problem';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { WeightedBackends } from '../balance/weightedBackends.ts';
import { compileMatches } from '../match/compileMatches.ts';
import { buildMatcher } from '../match/matcher.ts';
import { checkFilters } from '../policy/checkFilters.ts';
import { compileFilters } from '../policy/filters.ts';
import type { PolicyCompiler } from '../policy/policyCompiler.ts';
import { PolicyTable } from '../policy/policyTable.ts';
import { compileRetryPolicy } from '../proxy/retryPolicy.ts';
import type { Breathe } from '../reload/breathe.ts';
import type { CompiledRule, Snapshot } from './snapshot.ts';

/** `CompiledRule.requestTimeoutMs` where a rule says nothing. */
const DEFAULT_DEADLINE = -1;
const NO_LIMIT = 0;

/** What a rule is joined to when it is compiled. Neither is asked for a rule with problems. */
export interface CompileDependencies {
  /** The rule's counters; the same for the same rule id. */
  slot(rule: Rule): number;
  backends(backends: Rule['backends']): WeightedBackends;
  /** Without one, policies are left out. */
  readonly policies?: Pick<PolicyCompiler, 'check' | 'compile' | 'compilePersistence'>;
}

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly order: DocumentOrder;
  readonly settings: FleetSettings;
  readonly rules: readonly CompiledRule[];
  /** The snapshot that is served: what is the same in both is taken over. */
  readonly former?: Snapshot | undefined;
}

/**
 * Compiles one rule, or says all that is wrong with it, with paths that begin at the rule. Does not throw: the operator has
 * refused such rules, and a gateway that hears of one all the same serves the others.
 */
export function compileRule(rule: Rule, dependencies: CompileDependencies): Parsed<CompiledRule> {
  const matches = compileMatches(rule);
  const { policies } = dependencies;
  const problems = [
    ...(matches.ok ? [] : matches.problems),
    ...checkFilters(rule.filters),
    ...(policies?.check(rule) ?? []),
  ];
  if (!matches.ok || problems.length > 0) return { ok: false, problems };
  const backends = dependencies.backends(rule.backends);
  const value: CompiledRule = {
    rule,
    slot: dependencies.slot(rule),
    matches: matches.value,
    filters: compileFilters(rule.filters),
    backends,
    persistence: policies?.compilePersistence(rule, backends),
    retry: compileRetryPolicy(rule.retry),
    policies: policies?.compile(rule),
    requestTimeoutMs: rule.timeouts.requestMs ?? DEFAULT_DEADLINE,
    backendRequestTimeoutMs: rule.timeouts.backendRequestMs ?? NO_LIMIT,
    maxRequestBodyBytes: rule.limits.requestBodyBytes ?? NO_LIMIT,
  };
  return { ok: true, value, ignored: [] };
}

/** Makes a snapshot of compiled rules, a breath between short steps. */
export async function compileSnapshot(
  { order, settings, rules, former }: SnapshotParts,
  breathe: Breathe,
  policies?: Pick<PolicyCompiler, 'table'>,
): Promise<Snapshot> {
  const table = policies === undefined ? PolicyTable.none : await policies.table(rules, settings, breathe);
  return { order, settings, rules, policies: table, matcher: await buildMatcher(rules, breathe, former?.matcher) };
}
