import type { Rule } from '@evergate/contract/routeTable';
import type { ConditionReason, ConditionType } from '@evergate/crds/conditions';
import type { ParentRef, RuleState } from '@evergate/crds/gatewayRoute';

/** One thing found in an object: a stable reason for programs, and field, what was found and the remedy for people. */
export interface Finding {
  readonly reason: ConditionReason;
  readonly message: string;
}

/** Something that is served as written, and probably not what was meant. */
export interface Warning {
  readonly about:
    | 'EnforcedAuth'
    | 'NothingShared'
    | 'ShadowedByHealthPaths'
    | 'DeadlineExceedsDrain'
    | 'NoWeight'
    | 'NoEndpoints'
    | 'EndpointsIgnored';
  readonly message: string;
}

/** A condition before it is written: who writes it adds `observedGeneration` and `lastTransitionTime`. */
export interface ConditionVerdict {
  readonly type: ConditionType;
  readonly status: 'True' | 'False';
  readonly reason: ConditionReason;
  readonly message: string;
}

export interface ObjectIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
}

export interface RuleVerdict {
  /** Of the rule in the table. */
  readonly id: string;
  /** The rule's name, or its position as text. */
  readonly name: string;
  readonly position: number;
  readonly state: RuleState;
  /** The generation whose form of the rule is served; absent where none is. */
  readonly servedGeneration?: number | undefined;
  /** Why the rule as written cannot be served at all. */
  readonly invalid: readonly Finding[];
  /** References that lead nowhere. */
  readonly unresolved: readonly Finding[];
  /** Matches that another rule answers. */
  readonly conflicts: readonly Finding[];
  readonly warnings: readonly Warning[];
}

export interface ParentVerdict {
  /** As the route names it, or the default fleet. */
  readonly parentRef: ParentRef;
  /** Names of the fleet's listeners that took the route; empty where none did. */
  readonly listeners: readonly string[];
  readonly conditions: readonly ConditionVerdict[];
}

/** What became of a route in one fleet. */
export interface RouteVerdict {
  readonly route: Rule['route'];
  readonly parents: readonly ParentVerdict[];
  /** In the order of the route. */
  readonly rules: readonly RuleVerdict[];
}

export interface PolicyVerdict {
  readonly policy: ObjectIdentity;
  /** `<namespace>/<name>` of the Services whose circuit breaker it sets; absent where it sets none. */
  readonly guarded?: readonly string[];
  readonly conditions: readonly ConditionVerdict[];
}

export interface FleetVerdict {
  readonly fleet: ObjectIdentity & { readonly uid: string };
  readonly conditions: readonly ConditionVerdict[];
  readonly listeners: readonly { readonly name: string; readonly attachedRoutes: number }[];
}

/** The most characters a message takes up in a status, unless its schema takes fewer. */
const maxMessage = 4096;

/** Joins messages into one, a sentence each, cut where it would grow without bound. */
export function joinMessages(messages: readonly string[], limit: number = maxMessage): string {
  const last = messages.length - 1;
  const sentences = messages.map((message, at) => (at === last || message.endsWith('?') ? message : `${message}.`));
  const text = sentences.join(' ');
  return text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
}
