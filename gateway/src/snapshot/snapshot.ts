import type { DocumentOrder } from '@evergate/contract/document';
import type { FleetSettings, Match, Rule } from '@evergate/contract/routeTable';
import type { SessionPersistence } from '../balance/sessionPersistence.ts';
import type { WeightedBackends } from '../balance/weightedBackends.ts';
import type { CompiledMatch } from '../match/candidate.ts';
import type { Matcher } from '../match/matcher.ts';
import type { Filters } from '../policy/filters.ts';
import type { Policies } from '../policy/policies.ts';
import type { PolicyTable } from '../policy/policyTable.ts';
import type { RetryPolicy } from '../proxy/retryPolicy.ts';

/** A rule with everything resolved that does not depend on the request. Shared by snapshots while its part is unchanged. */
export interface CompiledRule {
  readonly rule: Rule;
  /** Index of the rule's cells in `observe/counters.ts`; the same for the same rule id over reloads. */
  readonly slot: number;
  readonly matches: readonly CompiledMatch[];
  readonly filters: Filters;
  readonly backends: WeightedBackends;
  /** Undefined where any endpoint will do. */
  readonly persistence: SessionPersistence | undefined;
  readonly retry: RetryPolicy;
  /** Undefined where it asks nothing of requests. */
  readonly policies: Policies | undefined;
  /** Milliseconds; 0 is none, -1 the default deadline. */
  readonly requestTimeoutMs: number;
  readonly backendRequestTimeoutMs: number;
  /** Bytes; 0 is as the fleet says. */
  readonly maxRequestBodyBytes: number;
}

/** What the matcher finds: the rule, and which of its matches it was. */
export interface RuleMatch {
  readonly compiled: CompiledRule;
  readonly match: Match;
}

/** A gateway's immutable, compiled form of one route table. Requests end on the snapshot they began with. */
export interface Snapshot {
  readonly order: DocumentOrder;
  readonly settings: FleetSettings;
  readonly matcher: Matcher;
  readonly rules: readonly CompiledRule[];
  readonly policies: PolicyTable;
}
