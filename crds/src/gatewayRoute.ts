import { z } from 'zod';
import { conditions } from './conditions.ts';
import { hostname, namespaceName, objectName, sectionName } from './fields.ts';
import { apiVersion, objectMeta } from './objectMeta.ts';
import { routeRule } from './routeRule.ts';
import { repeatedRuleNames } from './ruleNames.ts';
import { type DeepReadonly, integer, list, listMap, listSet, sameOptional, text, withRules } from './schema.ts';

export type { BackendRef, RouteMatch, RouteRule } from './routeRule.ts';

const parentRef = z.strictObject({
  name: objectName.describe('The name of a GatewayFleet.'),
  namespace: namespaceName.optional().describe('Its namespace; that of the route without one.'),
  sectionName: sectionName.optional().describe('The name of one of its listeners; all of them without one.'),
});

const parentRefs = withRules(list(parentRef, 16), {
  cel: `self.all(a, self.exists_one(b, a.name == b.name && ${sameOptional('__namespace__')} && ${sameOptional('sectionName')}))`,
  holds: (refs) =>
    new Set(refs.map((ref) => JSON.stringify([ref.name, ref.namespace, ref.sectionName]))).size === refs.length,
  message: 'entries must differ in name, namespace or sectionName',
});

/** Everything of a spec but its rules. */
const attachment = {
  parentRefs: parentRefs
    .default([])
    .describe('The fleets, or listeners of fleets, that serve the route. Without one: the default fleet.'),
  hostnames: listSet(hostname, 64)
    .default([])
    .describe(
      'The host names that the route is for, exact or with a wildcard for the first labels. Without one: those of the listener.',
    ),
};

const MAX_RULES = 64;

const UNIQUE_NAMES = 'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && b.name == a.name))';

const rules = list(routeRule, MAX_RULES)
  .min(1)
  .check((context) => {
    for (const { position, name, expected } of repeatedRuleNames(context.value)) {
      context.issues.push({ code: 'custom', input: name, path: [position, 'name'], message: expected });
    }
  })
  .meta({ 'x-kubernetes-validations': [{ rule: UNIQUE_NAMES, message: 'names of rules must differ' }] });

const spec = z.strictObject({
  ...attachment,
  rules: rules.describe('What goes where. The most specific match of all routes wins, wherever its rule stands.'),
});

const envelope = {
  apiVersion: z.literal(apiVersion),
  kind: z.literal('GatewayRoute'),
  metadata: objectMeta,
};

const generation = integer(0, Number.MAX_SAFE_INTEGER);

/** How a rule is served: as written, as it last was good, or not at all. */
export const ruleStates = ['Serving', 'LastKnownGood', 'NotServed'] as const;
export type RuleState = (typeof ruleStates)[number];

const ruleStatus = z.object({
  name: text(253).describe('The name of the rule, or its position.'),
  state: z.enum(ruleStates).describe('Serving: as written. LastKnownGood: as it last was good. NotServed: not at all.'),
  servedGeneration: generation.optional().describe('The generation of the route whose form of this rule is served.'),
  reason: text(256).optional().describe('Why it is not served as written, in one word for programs.'),
  message: z.string().max(1024).optional().describe('Why it is not served as written, and what to do.'),
});

const parentStatus = z.object({
  parentRef: parentRef.describe('The parent, as the route names it, or the default fleet.'),
  controllerName: text(253).describe('Who wrote this.'),
  conditions: conditions.describe(
    'Accepted, ResolvedRefs, Programmed, Conflicted, PartiallyInvalid and LastKnownGood.',
  ),
  rules: listMap(ruleStatus, ['name'], MAX_RULES).optional().describe('How each rule is served.'),
  programmedGeneration: generation.optional().describe('The latest generation that every gateway of the fleet served.'),
  programmedAt: text(64).optional().describe('Since when they did, in RFC 3339.'),
  lastPropagationMs: integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('How many milliseconds that generation took from the API server to the last gateway.'),
});

const status = z.object({
  observedGeneration: generation.optional().describe('The generation that this status is about.'),
  conditions: conditions
    .optional()
    .describe('Ready, the sum of the conditions of the parents; Reconciling or Stalled while it is so.'),
  parents: list(parentStatus, 16).optional().describe('One entry for each fleet.'),
});

export const gatewayRouteSpec = spec;
export const gatewayRouteStatus = status;

/** A status of another version of ours must not make the object unreadable, so one that does not fit reads as none. */
const readStatus = status.optional().catch(undefined);

export const gatewayRouteSchema = z.strictObject({ ...envelope, spec, status: readStatus });

/** A route whose rules are still to be read, one by one, so that a broken one harms only itself. */
export const unreadRouteSchema = z.strictObject({
  ...envelope,
  spec: z.strictObject({ ...attachment, rules: z.array(z.unknown()).min(1).max(MAX_RULES) }),
  status: readStatus,
});

export type ParentRef = DeepReadonly<z.infer<typeof parentRef>>;
export type GatewayRouteSpec = DeepReadonly<z.infer<typeof spec>>;
export type GatewayRouteStatus = DeepReadonly<z.infer<typeof status>>;
export type RouteParentStatus = DeepReadonly<z.infer<typeof parentStatus>>;
export type RouteRuleStatus = DeepReadonly<z.infer<typeof ruleStatus>>;
export type GatewayRoute = DeepReadonly<z.infer<typeof gatewayRouteSchema>>;
export type UnreadRoute = DeepReadonly<z.infer<typeof unreadRouteSchema>>;
