import { parseDuration } from '@evergate/contract/duration';
import { z } from 'zod';
import { conditions } from './conditions.ts';
import {
  headerName,
  hostname,
  namespaceName,
  objectName,
  pathSource,
  port,
  sectionName,
  serviceName,
  unsafePathPattern,
} from './fields.ts';
import { apiVersion, objectMeta } from './objectMeta.ts';
import { byteQuantity } from './quantity.ts';
import { routeFilter } from './routeFilters.ts';
import {
  type DeepReadonly,
  duration,
  type FieldRule,
  integer,
  list,
  listMap,
  listSet,
  text,
  withRules,
} from './schema.ts';

const parentRef = z.strictObject({
  name: objectName.describe('The name of a GatewayFleet.'),
  namespace: namespaceName.optional().describe('Its namespace; that of the route without one.'),
  sectionName: sectionName.optional().describe('The name of one of its listeners; all of them without one.'),
});

const SAFE_PATH = new RegExp(`^${pathSource}$`);
const UNSAFE_PATH = new RegExp(unsafePathPattern);

const pathMatch = withRules(
  z.strictObject({
    type: z
      .enum(['Exact', 'PathPrefix', 'RegularExpression'])
      .default('PathPrefix')
      .describe(
        'Exact: the whole path. PathPrefix: whole segments from the start. RegularExpression: RE2 syntax, the whole path.',
      ),
    value: text({ max: 1024 })
      .default('/')
      .describe('The path, or the expression. Paths are compared after normalisation.'),
  }),
  {
    cel: `self.type == 'RegularExpression' || self.value.matches(r"^${pathSource}$")`,
    holds: ({ type, value }) => type === 'RegularExpression' || SAFE_PATH.test(value),
    message: 'value must be a path that begins with /, with other characters escaped as %XX',
  },
  {
    cel: `self.type == 'RegularExpression' || !self.value.matches(r"${unsafePathPattern}")`,
    holds: ({ type, value }) => type === 'RegularExpression' || !UNSAFE_PATH.test(value),
    message:
      'value must be a path in normal form, without //, /./, /../ or an escaped slash, as no request has such a path once it is normalised',
  },
);

const matchType = z
  .enum(['Exact', 'RegularExpression'])
  .default('Exact')
  .describe('Exact: the same text. RegularExpression: RE2 syntax, the whole value.');
const matchValue = text({ max: 4096 }).describe('The text, or the expression.');

const headerMatch = z.strictObject({
  type: matchType,
  name: headerName.describe('The name of the header, in any case.'),
  value: matchValue,
});

const queryParamMatch = z.strictObject({
  type: matchType,
  name: text({
    max: 256,
    pattern: /^[!-~]+$/,
    accepts: 'a name of printable ASCII characters without spaces',
  }).describe('The name of the query parameter. The first of several counts.'),
  value: matchValue,
});

const match = z.strictObject({
  path: pathMatch.prefault({}).describe('What the path must be.'),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])
    .optional()
    .describe('What the method must be; any without one.'),
  headers: listMap(headerMatch, ['name'], 16).default([]).describe('Headers that must all match.'),
  queryParams: listMap(queryParamMatch, ['name'], 16).default([]).describe('Query parameters that must all match.'),
});

const backendRef = z.strictObject({
  name: serviceName.describe('The name of a Service.'),
  namespace: namespaceName
    .optional()
    .describe('Its namespace; another than that of the route needs a ReferenceGrant there.'),
  port: port.describe('The port of the Service.'),
  weight: integer(0, 1_000_000)
    .default(1)
    .describe('Its share of the requests, in proportion to the sum of the weights. 0 takes none.'),
});

const timeouts = withRules(
  z.strictObject({
    request: duration('0s', '100h')
      .optional()
      .describe(
        'From the head of the request to the last byte of the response. 0s is no limit; unset, 30s to the head and 60s idle.',
      ),
    backendRequest: duration('0s', '100h').optional().describe('One attempt at a backend. 0s is no limit.'),
  }),
  {
    cel: "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s') || duration(self.backendRequest) <= duration(self.request)",
    holds: ({ request, backendRequest }) => {
      const requestMs = parseDuration(request ?? '0s') || Number.POSITIVE_INFINITY;
      return (parseDuration(backendRequest ?? '0s') ?? 0) <= requestMs;
    },
    message: 'backendRequest must not be longer than request',
  },
);

const ruleShape = z.strictObject({
  name: sectionName
    .optional()
    .describe(
      'What statuses, logs and metrics call the rule; its position without one. A name keeps them steady when rules move.',
    ),
  matches: list(match, 64)
    .min(1)
    .prefault([{}])
    .describe('A request is for this rule when any of these matches. Unset: every path.'),
  filters: list(routeFilter, 16).default([]).describe('What is done to the request and to its response.'),
  backendRefs: list(backendRef, 16).default([]).describe('Where requests go, in proportion to the weights.'),
  timeouts: timeouts.prefault({}).describe('How long things may take.'),
  limits: z
    .strictObject({
      requestBody: byteQuantity
        .optional()
        .describe(
          'The most bytes that the body of a request may have, such as 10Mi; more is answered 413. Unset: as the fleet says.',
        ),
    })
    .prefault({})
    .describe('What requests may need.'),
});

type RuleShape = z.output<typeof ruleShape>;

function filterTypes(rule: RuleShape): readonly string[] {
  return rule.filters.map(({ type }) => type);
}

const HAS_FILTERS = 'has(self.filters)';
const HAS_BACKENDS = 'has(self.backendRefs) && size(self.backendRefs) > 0';
const ANSWERS = "f.type == 'RequestRedirect' || f.type == 'DirectResponse'";
const answering = ['RequestRedirect', 'DirectResponse'];
const singleFilters = routeFilter.options
  .map((option) => option.shape.type.value)
  .filter((type) => type !== 'RequestMirror');

const replacesPrefix = 'f.%.path.type == "ReplacePrefixMatch"';
const anyPrefixReplaced = ['urlRewrite', 'requestRedirect']
  .map((field) => `(has(f.${field}) && has(f.${field}.path) && ${replacesPrefix.replace('%', field)})`)
  .join(' || ');

const ruleRules: readonly FieldRule<RuleShape>[] = [
  {
    cel: `!${HAS_FILTERS} || !self.filters.exists(f, ${ANSWERS}) || !(${HAS_BACKENDS})`,
    holds: (rule) => rule.backendRefs.length === 0 || !filterTypes(rule).some((type) => answering.includes(type)),
    message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
  },
  {
    cel: `(${HAS_BACKENDS}) || (${HAS_FILTERS} && self.filters.exists(f, ${ANSWERS}))`,
    holds: (rule) => rule.backendRefs.length > 0 || filterTypes(rule).some((type) => answering.includes(type)),
    message: 'a rule must have backendRefs, or a RequestRedirect or DirectResponse filter that answers',
  },
  {
    cel: `!${HAS_FILTERS} || self.filters.filter(f, ${ANSWERS} || f.type == 'URLRewrite').size() <= 1`,
    holds: (rule) => filterTypes(rule).filter((type) => [...answering, 'URLRewrite'].includes(type)).length <= 1,
    message: 'a rule must have only one of the filters URLRewrite, RequestRedirect and DirectResponse',
  },
  ...singleFilters.map((single) => ({
    cel: `!${HAS_FILTERS} || self.filters.filter(f, f.type == '${single}').size() <= 1`,
    holds: (rule: RuleShape) => filterTypes(rule).filter((type) => type === single).length <= 1,
    message: `a rule must have only one filter of type ${single}`,
  })),
  {
    cel: `!${HAS_FILTERS} || !self.filters.exists(f, ${anyPrefixReplaced}) || self.matches.all(m, m.path.type == 'PathPrefix')`,
    holds: (rule) =>
      !rule.filters.some(replacesPrefixMatch) || rule.matches.every(({ path }) => path.type === 'PathPrefix'),
    message: 'ReplacePrefixMatch needs every match of the rule to have a path of type PathPrefix',
  },
];

function replacesPrefixMatch(filter: RuleShape['filters'][number]): boolean {
  if (filter.type === 'URLRewrite') return filter.urlRewrite.path?.type === 'ReplacePrefixMatch';
  return filter.type === 'RequestRedirect' && filter.requestRedirect.path?.type === 'ReplacePrefixMatch';
}

export const routeRule = withRules(ruleShape, ...ruleRules);

const parentRefs = withRules(list(parentRef, 16), {
  cel: ['namespace', 'sectionName']
    .map((field) => `(has(a.${field}) ? a.${field} : '') == (has(b.${field}) ? b.${field} : '')`)
    .reduce((both, one) => `${both} && ${one}`, 'self.all(a, self.exists_one(b, a.name == b.name')
    .concat('))'),
  holds: (refs) =>
    new Set(refs.map((ref) => JSON.stringify([ref.name, ref.namespace, ref.sectionName]))).size === refs.length,
  message: 'parentRefs must differ in name, namespace or sectionName',
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

const spec = z.strictObject({
  ...attachment,
  rules: withRules(list(routeRule, MAX_RULES).min(1), {
    cel: 'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && b.name == a.name))',
    holds: (rules) => {
      const names = rules.flatMap(({ name }) => name ?? []);
      return new Set(names).size === names.length;
    },
    message: 'rules must differ in name',
  }).describe('What goes where. The most specific match of all routes wins, wherever its rule stands.'),
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
  name: text({ max: 253 }).describe('The name of the rule, or its position.'),
  state: z.enum(ruleStates).describe('Serving: as written. LastKnownGood: as it last was good. NotServed: not at all.'),
  servedGeneration: generation.optional().describe('The generation of the route whose form of this rule is served.'),
  reason: text({ max: 256 }).optional().describe('Why it is not served as written, in one word for programs.'),
  message: z.string().max(1024).optional().describe('Why it is not served as written, and what to do.'),
});

const parentStatus = z.object({
  parentRef: parentRef.describe('The parent, as the route names it, or the default fleet.'),
  controllerName: text({ max: 253 }).describe('Who wrote this.'),
  conditions: conditions.describe(
    'Accepted, ResolvedRefs, Programmed, Conflicted, PartiallyInvalid and LastKnownGood.',
  ),
  rules: listMap(ruleStatus, ['name'], MAX_RULES).optional().describe('How each rule is served.'),
  programmedGeneration: generation.optional().describe('The latest generation that every gateway of the fleet served.'),
  programmedAt: text({ max: 64 }).optional().describe('Since when they did, in RFC 3339.'),
  lastPropagationMs: integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('How many milliseconds that generation took from the API server to the last gateway.'),
});

const status = z.object({
  observedGeneration: generation.optional().describe('The generation that this status is about.'),
  conditions: conditions.optional().describe('Ready, the sum of the conditions of the parents.'),
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
export type RouteMatch = DeepReadonly<z.infer<typeof match>>;
export type BackendRef = DeepReadonly<z.infer<typeof backendRef>>;
export type RouteRule = DeepReadonly<z.infer<typeof routeRule>>;
export type GatewayRouteSpec = DeepReadonly<z.infer<typeof spec>>;
export type GatewayRouteStatus = DeepReadonly<z.infer<typeof status>>;
export type RouteParentStatus = DeepReadonly<z.infer<typeof parentStatus>>;
export type RouteRuleStatus = DeepReadonly<z.infer<typeof ruleStatus>>;
export type GatewayRoute = DeepReadonly<z.infer<typeof gatewayRouteSchema>>;
export type UnreadRoute = DeepReadonly<z.infer<typeof unreadRouteSchema>>;
