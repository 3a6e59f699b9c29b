import type { RateLimit } from '@evergate/contract/limitSettings';
import type { LimitCharge, LimitState } from '../state/limit.ts';
import type { SharedState } from '../state/sharedState.ts';
import { compileLimitKey, type ReadLimitKey } from './limitKey.ts';
import type { PolicyCounters } from './policyCounters.ts';
import type { PolicySubject } from './policySubject.ts';
import { policyField, stateField } from './rateLimitFields.ts';
import { problem, type Verdict } from './verdict.ts';

/** Limits that a request is charged to together. */
export interface RateLimits {
  check(subject: PolicySubject): Verdict | Promise<Verdict>;
}

interface CompiledLimit {
  readonly limit: RateLimit;
  readonly readKey: ReadLimitKey;
  /** What of its counters' names is the same for every request; of requests that count together, all of it. */
  readonly suffix: string;
}

export interface RateLimitServices {
  readonly state: SharedState;
  readonly counters: PolicyCounters;
}

/** Compiles limits; undefined where there is none. `identityHeaders` are those that authentication writes. */
export function compileRateLimits(
  limits: readonly RateLimit[],
  identityHeaders: ReadonlySet<string>,
  services: RateLimitServices,
): RateLimits | undefined {
  return limits.length === 0 ? undefined : new Checks(limits, identityHeaders, services);
}

class Checks implements RateLimits {
  readonly #limits: readonly CompiledLimit[];
  readonly #services: RateLimitServices;
  /** Those that clients are told of. */
  readonly #told: readonly RateLimit[];
  readonly #policyField: string;

  constructor(limits: readonly RateLimit[], identityHeaders: ReadonlySet<string>, services: RateLimitServices) {
    this.#services = services;
    this.#limits = limits.map((limit) => ({
      limit,
      readKey: compileLimitKey(limit.key, identityHeaders),
      suffix: `:${limit.id}:${limit.algorithm.charAt(0)}${limit.windowMs}`,
    }));
    this.#told = limits.filter(({ dryRun }) => !dryRun);
    this.#policyField = policyField(this.#told);
  }

  check(subject: PolicySubject): Verdict | Promise<Verdict> {
    const { state } = this.#services;
    const charges = this.#limits.map((limit) => chargeOf(limit, subject, state.keyPrefix));
    if (!state.isShared) return this.#conclude(subject, state.takeLocally(charges));
    if (this.#limits.every(({ limit }) => limit.scope === 'Shared')) return this.#share(subject, charges);
    return this.#split(subject, charges);
  }

  async #share(subject: PolicySubject, charges: readonly LimitCharge[]): Promise<Verdict> {
    const { state } = this.#services;
    const states = await state.store.take(charges).catch(() => undefined);
    return states === undefined ? this.#uncounted(subject, charges) : this.#conclude(subject, states);
  }

  /** Those of this gateway alone go first: one that refuses spares the others the way to the store. */
  async #split(subject: PolicySubject, charges: readonly LimitCharge[]): Promise<Verdict> {
    const { state } = this.#services;
    const isLocal = (at: number): boolean => this.#limits[at]?.limit.scope === 'Local';
    const local = state.takeLocally(charges.filter((_, at) => isLocal(at)));
    const locals = this.#limits.filter((_, at) => isLocal(at));
    const refusing = locals.findIndex(({ limit }, at) => refuses(limit, local[at]));
    if (refusing >= 0)
      return this.#refuse(subject, (locals[refusing] as CompiledLimit).limit, local[refusing]?.resetMs ?? 0);
    const shared = await state.store.take(charges.filter((_, at) => !isLocal(at))).catch(() => undefined);
    if (shared === undefined) return this.#uncounted(subject, charges);
    const [ofLocal, ofShared] = [local.values(), shared.values()];
    const states = charges.map((_, at) => (isLocal(at) ? ofLocal : ofShared).next().value as LimitState);
    return this.#conclude(subject, states);
  }

  /** The store does not answer: each limit goes on as its `onFailure` says. */
  #uncounted(subject: PolicySubject, charges: readonly LimitCharge[]): Verdict {
    const { state, counters } = this.#services;
    if (this.#limits.some(({ limit }) => limit.onFailure === 'Deny' && limit.scope === 'Shared' && !limit.dryRun)) {
      counters.limits.DeniedUncounted++;
      return problem('LimitUnavailable', undefined, 1);
    }
    const states = charges.map((charge, at) => {
      const { limit } = this.#limits[at] as CompiledLimit;
      if (limit.onFailure === 'Local' || limit.scope === 'Local') return state.takeLocally([charge])[0] as LimitState;
      return { admitted: true, remaining: limit.requests, resetMs: 0 };
    });
    const isCounted = this.#limits.some(({ limit }) => limit.onFailure === 'Local');
    counters.limits[isCounted ? 'CountedLocally' : 'AllowedUncounted']++;
    return this.#conclude(subject, states);
  }

  #conclude(subject: PolicySubject, states: readonly LimitState[]): Verdict {
    const { counters } = this.#services;
    this.#tell(subject, states);
    for (let at = 0; at < states.length; at++) {
      const { limit } = this.#limits[at] as CompiledLimit;
      const limitState = states[at] as LimitState;
      if (refuses(limit, limitState)) return this.#refuse(subject, limit, limitState.resetMs);
      if (limitState.admitted) continue;
      counters.limits.WouldRefuse++;
      subject.limit = `${limit.name} (dry run)`;
    }
    counters.limits.Admitted++;
    return undefined;
  }

  #refuse(subject: PolicySubject, limit: RateLimit, resetMs: number): Verdict {
    this.#services.counters.limits.Refused++;
    subject.limit = limit.name;
    return problem('RateLimited', undefined, Math.max(1, Math.ceil(resetMs / 1_000)));
  }

  #tell(subject: PolicySubject, states: readonly LimitState[]): void {
    if (this.#told.length === 0) return;
    const told =
      this.#told.length === states.length ? states : states.filter((_, at) => !this.#limits[at]?.limit.dryRun);
    subject.addedFields ??= [];
    subject.addedFields.push('ratelimit-policy', this.#policyField, 'ratelimit', stateField(this.#told, told));
  }
}

function refuses({ dryRun }: RateLimit, state: LimitState | undefined): boolean {
  return state?.admitted === false && !dryRun;
}

/** What stands in braces decides the node of a cluster: limits of one client go there together. */
function chargeOf({ limit, readKey, suffix }: CompiledLimit, subject: PolicySubject, prefix: string): LimitCharge {
  const { algorithm, requests, windowMs, burst, dryRun, key } = limit;
  const counted = key.type === 'Route' ? limit.id : readKey(subject);
  return { key: `${prefix}limit:{${counted}}${suffix}`, algorithm, requests, windowMs, burst, dryRun };
}
