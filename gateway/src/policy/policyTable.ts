import type { Rule } from '@evergate/contract/routeTable';
import type { CompiledRule } from '../snapshot/snapshot.ts';
import type { IsExempt } from './exemptions.ts';
import type { Policies } from './policies.ts';

export interface PolicyTableParts {
  /** What the fleet asks of every request that is not exempt. */
  readonly enforced: Policies | undefined;
  readonly isExempt: IsExempt;
  /** Of rules that ask something themselves: that and what is enforced. */
  readonly combined: ReadonlyMap<CompiledRule, Policies>;
  /** By backend, the identity headers that the rules which use it write. */
  readonly written: ReadonlyMap<string, ReadonlySet<string>>;
  /** The backend that takes over from this one while its breaker is open. */
  readonly fallbackOf: (backend: string) => string | undefined;
}

/** Which policies hold for a request, and which of its fields only they may write. Belongs to one snapshot. */
export class PolicyTable {
  /** Of a table whose rules ask nothing. */
  static readonly none: PolicyTable = new PolicyTable({
    enforced: undefined,
    isExempt: () => false,
    combined: new Map(),
    written: new Map(),
    fallbackOf: () => undefined,
  });

  readonly #parts: PolicyTableParts;
  readonly #reserved = new Map<CompiledRule, ReadonlySet<string> | undefined>();
  readonly #hasIdentityHeaders: boolean;

  constructor(parts: PolicyTableParts) {
    this.#parts = parts;
    this.#hasIdentityHeaders = parts.written.size > 0 || (parts.enforced?.identityHeaders.size ?? 0) > 0;
  }

  /** Undefined where none holds. Host in lower case, path normalised. */
  of(compiled: CompiledRule, host: string, path: string): Policies | undefined {
    const { enforced, isExempt, combined } = this.#parts;
    if (enforced === undefined || isExempt(host, path)) return compiled.policies;
    return combined.get(compiled) ?? enforced;
  }

  /**
   * Names, lower case, that a request's own fields must not have, undefined where any may: a rule that authenticates writes them for a
   * backend, and no other rule of that backend, exempt or without authentication, may be a way round.
   */
  reserved(compiled: CompiledRule): ReadonlySet<string> | undefined {
    if (!this.#hasIdentityHeaders) return undefined;
    if (this.#reserved.has(compiled)) return this.#reserved.get(compiled);
    const { enforced, written, fallbackOf } = this.#parts;
    const backends = backendsOf(compiled.rule);
    const fallbacks = backends.flatMap((id) => fallbackOf(id) ?? []);
    const names = new Set(enforced?.identityHeaders);
    for (const id of [...backends, ...fallbacks]) for (const name of written.get(id) ?? []) names.add(name);
    const reserved = names.size === 0 ? undefined : names;
    this.#reserved.set(compiled, reserved);
    return reserved;
  }
}

/** Copies included. */
export function backendsOf({ backends, filters }: Rule): readonly string[] {
  const mirrors = filters.flatMap((filter) => (filter.type === 'RequestMirror' ? [filter.backend] : []));
  return [...backends.flatMap(({ backend }) => backend ?? []), ...mirrors];
}
