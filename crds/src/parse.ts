import type { Parsed } from '@evergate/contract/problem';
import { access } from './authFields.ts';
import { type BackendPolicy, backendPolicySchema } from './backendPolicy.ts';
import { type GatewayFleet, gatewayFleetSchema } from './gatewayFleet.ts';
import { type GatewayRoute, gatewayRouteSchema, type UnreadRoute, unreadRouteSchema } from './gatewayRoute.ts';
import {
  type EndpointSlice,
  endpointSliceSchema,
  type ReferenceGrant,
  referenceGrantSchema,
  type Secret,
  type Service,
  secretSchema,
  serviceSchema,
} from './kubernetes.ts';
import { parseWith } from './problems.ts';
import { type AuthSpec, routeAuth } from './routeAuth.ts';
import { type RouteRule, routeRule } from './routeRule.ts';
import { type RepeatedRuleName, repeatedRuleNames } from './ruleNames.ts';

/** The kinds that are read, ours and others'. */
export interface Objects {
  readonly GatewayFleet: GatewayFleet;
  readonly GatewayRoute: GatewayRoute;
  readonly BackendPolicy: BackendPolicy;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly Secret: Secret;
  readonly ReferenceGrant: ReferenceGrant;
}
export type Kind = keyof Objects;

const parsers: { readonly [K in Kind]: (value: unknown) => Parsed<Objects[K]> } = {
  GatewayFleet: (value) => parseWith(gatewayFleetSchema, value),
  GatewayRoute: (value) => parseWith(gatewayRouteSchema, value),
  BackendPolicy: (value) => parseWith(backendPolicySchema, value),
  Service: (value) => parseWith(serviceSchema, value),
  EndpointSlice: (value) => parseWith(endpointSliceSchema, value),
  Secret: (value) => parseWith(secretSchema, value),
  ReferenceGrant: (value) => parseWith(referenceGrantSchema, value),
};

/** Tells whether objects of this kind are read at all. */
export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(parsers, kind);
}

/**
 * Reads an object of one kind, defaults filled in. Of our kinds an unknown field is a problem; of others' it is dropped.
 * Nothing is thrown, whatever `value` is.
 */
export function parseObject<K extends Kind>(kind: K, value: unknown): Parsed<Objects[K]> {
  return parsers[kind](value);
}

/** Reads all of a GatewayRoute but its rules, which `parseRules` reads. */
export function parseUnreadRoute(value: unknown): Parsed<UnreadRoute> {
  return parseWith(unreadRouteSchema, value);
}

/** Reads `auth` of a rule alone, whatever the rest of the rule is. */
export function parseAuth(value: unknown): Parsed<AuthSpec> {
  return parseWith(routeAuth, value);
}

/** Reads `access` of a rule alone. */
export function parseAccess(
  value: unknown,
): Parsed<{ readonly allow: readonly string[]; readonly deny: readonly string[] }> {
  return parseWith(access, value);
}

/** Reads one rule, the one at `position` of `spec.rules`. */
export function parseRule(value: unknown, position: number): Parsed<RouteRule> {
  return parseWith(routeRule, value, ['spec', 'rules', position]);
}

/**
 * Reads the rules of a route, each on its own: a broken one leaves its neighbours be. Of rules that share a name the first keeps it,
 * the others are problems.
 */
export function parseRules(values: readonly unknown[]): readonly Parsed<RouteRule>[] {
  const repeated = new Map(repeatedRuleNames(values).map((one) => [one.position, one]));
  return values.map((value, position) => {
    const parsed = parseRule(value, position);
    const repetition = repeated.get(position);
    return repetition === undefined ? parsed : withRepeatedName(parsed, repetition);
  });
}

function withRepeatedName(
  parsed: Parsed<RouteRule>,
  { position, name, expected }: RepeatedRuleName,
): Parsed<RouteRule> {
  const problem = { path: `spec.rules[${position}].name`, message: `found ${JSON.stringify(name)}; ${expected}` };
  return { ok: false, problems: [...(parsed.ok ? [] : parsed.problems), problem] };
}
