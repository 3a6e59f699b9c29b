import type { Problem } from '@evergate/contract/problem';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import { EndpointTokens } from '../balance/endpointTokens.ts';
import { SessionPersistence } from '../balance/sessionPersistence.ts';
import type { WeightedBackends } from '../balance/weightedBackends.ts';
import type { Breathe } from '../reload/breathe.ts';
import type { CompiledRule } from '../snapshot/snapshot.ts';
import type { AuthServices } from './auth.ts';
import { checkPolicies } from './checkPolicies.ts';
import { compileExemptions } from './exemptions.ts';
import { compilePolicies, type Policies, type PolicySource } from './policies.ts';
import { backendsOf, PolicyTable } from './policyTable.ts';

/** Decisions about requests under what the fleet enforces belong to nobody's namespace. */
const FLEET = '';

export interface PolicyCompilerServices extends AuthServices {
  /** The backend that takes over from this one while its breaker is open. */
  fallbackOf(backend: string): string | undefined;
}

/**
 * Compiles policies. What they remember (passwords and tokens that were good) lives in what is compiled, so that is kept as long as what
 * was written stays the same.
 */
export class PolicyCompiler {
  readonly #services: PolicyCompilerServices;
  readonly #tokens: EndpointTokens;
  #enforcedText = '';
  #enforced: Policies | undefined;
  #combined = new WeakMap<CompiledRule, Policies>();

  constructor(services: PolicyCompilerServices) {
    this.#services = services;
    this.#tokens = new EndpointTokens(services.secrets);
  }

  /** What would make a rule's policies fail, with paths that begin at the rule. */
  check(rule: Rule): readonly Problem[] {
    return checkPolicies(rule);
  }

  /** Undefined for a rule that asks nothing. */
  compile(rule: Rule): Policies | undefined {
    const { rateLimits, auth, access } = rule;
    if (rateLimits === undefined && auth === undefined && access === undefined) return undefined;
    return compilePolicies([sourceOf(rule)], this.#services);
  }

  /** Undefined for a rule that keeps no client at an endpoint. */
  compilePersistence({ sessionPersistence }: Rule, backends: WeightedBackends): SessionPersistence | undefined {
    if (sessionPersistence === undefined) return undefined;
    return new SessionPersistence(sessionPersistence, backends, this.#tokens);
  }

  /** Joins what rules ask with what their fleet enforces, a breath between short steps. */
  async table(rules: readonly CompiledRule[], { enforced }: FleetSettings, breathe: Breathe): Promise<PolicyTable> {
    const fleet: PolicySource = { settings: enforced ?? {}, tenant: FLEET };
    this.#compileEnforced(fleet);
    const combined = new Map<CompiledRule, Policies>();
    const written = new Map<string, Set<string>>();
    for (const compiled of rules) {
      if (compiled.policies === undefined) continue;
      if (this.#enforced !== undefined) combined.set(compiled, this.#combine(compiled, fleet));
      noteWritten(written, compiled.rule, compiled.policies);
      const pause = breathe();
      if (pause !== undefined) await pause;
    }
    const isExempt = compileExemptions(enforced?.exempt ?? []);
    const { fallbackOf } = this.#services;
    return new PolicyTable({ enforced: this.#enforced, isExempt, combined, written, fallbackOf });
  }

  #compileEnforced(fleet: PolicySource): void {
    const { exempt: _, ...settings } = { exempt: [], ...fleet.settings };
    const text = JSON.stringify(settings);
    if (text === this.#enforcedText) return;
    this.#enforcedText = text;
    this.#enforced = compilePolicies([fleet], this.#services);
    this.#combined = new WeakMap();
  }

  #combine(compiled: CompiledRule, fleet: PolicySource): Policies {
    const known = this.#combined.get(compiled);
    if (known !== undefined) return known;
    const both = compilePolicies([fleet, sourceOf(compiled.rule)], this.#services) as Policies;
    this.#combined.set(compiled, both);
    return both;
  }
}

function sourceOf({ rateLimits, auth, access, route }: Rule): PolicySource {
  return { settings: { rateLimits, auth, access }, tenant: route.namespace };
}

function noteWritten(written: Map<string, Set<string>>, rule: Rule, { identityHeaders }: Policies): void {
  if (identityHeaders.size === 0) return;
  for (const id of backendsOf(rule)) {
    const known = written.get(id) ?? new Set<string>();
    for (const name of identityHeaders) known.add(name);
    written.set(id, known);
  }
}
