import { z } from 'zod';
import { type DeepReadonly, integer, listMap, patternText, text } from './schema.ts';

/** What a condition can be about. A type is never renamed: users' alerts and `kubectl wait` name it. */
export const conditionTypes = {
  /** The object is understood, permitted, and takes effect. */
  Accepted: 'Accepted',
  /** Everything it names exists and may be used. */
  ResolvedRefs: 'ResolvedRefs',
  /** Every gateway that can receive traffic serves this generation. */
  Programmed: 'Programmed',
  /** Another, older object claims the same; True names it. */
  Conflicted: 'Conflicted',
  /** Some rules are not served as written; True says which and why. */
  PartiallyInvalid: 'PartiallyInvalid',
  /** Some rules are served as they last were good; True says which. */
  LastKnownGood: 'LastKnownGood',
  /** The sum of the others, for people and tools that read one condition. */
  Ready: 'Ready',
  /** Of a fleet: enough gateways are ready. */
  Available: 'Available',
  /** Of a fleet: it serves, and something needs attention. */
  Degraded: 'Degraded',
  /** Of a policy with a circuit breaker: some gateway leaves a backend alone now, or tries whether it is back. */
  CircuitOpen: 'CircuitOpen',
  /** Only while true, for kstatus: the operator is on its way to what the object says. */
  Reconciling: 'Reconciling',
  /** Only while true, and never beside the other: it will not get there unless something changes. */
  Stalled: 'Stalled',
} as const;
export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** Why a condition is as it is. Stable, in CamelCase, for programs; the message is for people. */
export const conditionReasons = {
  Accepted: 'Accepted',
  NoDefaultFleet: 'NoDefaultFleet',
  NoMatchingParent: 'NoMatchingParent',
  NotAllowedByListeners: 'NotAllowedByListeners',
  NoMatchingListenerHostname: 'NoMatchingListenerHostname',
  UnsupportedValue: 'UnsupportedValue',
  ResolvedRefs: 'ResolvedRefs',
  BackendNotFound: 'BackendNotFound',
  PortNotFound: 'PortNotFound',
  RefNotPermitted: 'RefNotPermitted',
  InvalidRegex: 'InvalidRegex',
  TargetNotFound: 'TargetNotFound',
  SecretNotFound: 'SecretNotFound',
  SecretNotPermitted: 'SecretNotPermitted',
  InvalidSecret: 'InvalidSecret',
  Conflicted: 'Conflicted',
  NoConflict: 'NoConflict',
  AllRulesValid: 'AllRulesValid',
  SomeRulesInvalid: 'SomeRulesInvalid',
  NoRuleValid: 'NoRuleValid',
  ServingCurrent: 'ServingCurrent',
  ServingLastKnownGood: 'ServingLastKnownGood',
  Programmed: 'Programmed',
  Pending: 'Pending',
  NotAccepted: 'NotAccepted',
  NoGatewayReady: 'NoGatewayReady',
  Throttled: 'Throttled',
  TooLarge: 'TooLarge',
  Available: 'Available',
  TooFewGateways: 'TooFewGateways',
  AllWell: 'AllWell',
  CircuitOpen: 'CircuitOpen',
  CircuitClosed: 'CircuitClosed',
  ObjectNotOurs: 'ObjectNotOurs',
  ApplyFailed: 'ApplyFailed',
  GatewayRefused: 'GatewayRefused',
  GatewayUnreachable: 'GatewayUnreachable',
  SharedNode: 'SharedNode',
  Ready: 'Ready',
  NotReady: 'NotReady',
} as const;
export type ConditionReason = (typeof conditionReasons)[keyof typeof conditionReasons];

const condition = z.object({
  type: text(316).describe('What the condition is about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER).describe(
    'The generation of the object that this was found for.',
  ),
  lastTransitionTime: text(64).describe('When `status` last changed, in RFC 3339.'),
  reason: patternText({
    max: 1024,
    pattern: /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/,
    accepts: 'a reason in CamelCase',
  }).describe('Why, in one word for programs.'),
  message: z
    .string()
    .max(32_768)
    .describe('Why, for people: the object, the field, what was found and what would be accepted.'),
});

export type Condition = DeepReadonly<z.infer<typeof condition>>;

export const conditions = listMap(condition, ['type'], 16);
