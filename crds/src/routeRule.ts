import { parseDuration } from '@evergate/contract/duration';
import { z } from 'zod';
import { access } from './authFields.ts';
import { headerName, namespaceName, pathSource, port, sectionName, serviceName, unsafePathPattern } from './fields.ts';
import { byteQuantity } from './quantity.ts';
import { rateLimits } from './rateLimits.ts';
import { routeAuth } from './routeAuth.ts';
import { routeFilter } from './routeFilters.ts';
import { routeRetry } from './routeRetry.ts';
import {
  type DeepReadonly,
  duration,
  type FieldRule,
  integer,
  list,
  listMap,
  patternText,
  text,
  withRules,
} from './schema.ts';
import { sessionPersistence } from './sessionPersistence.ts';

/* One rule of a route: which requests it is for, what is done to them, and where they go. */

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
    value: text(1024).default('/').describe('The path, or the expression. Paths are compared after normalisation.'),
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
      'value must be a path in normal form, without //, /./, /../ or an escaped slash or dot, as no request has such a path once it is normalised',
  },
);

const matchType = z
  .enum(['Exact', 'RegularExpression'])
  .default('Exact')
  .describe('Exact: the same text. RegularExpression: RE2 syntax, the whole value.');
const matchValue = text(4096).describe('The text, or the expression.');

const headerMatch = z.strictObject({
  type: matchType,
  name: headerName.describe('The name of the header, in any case.'),
  value: matchValue,
});

const queryParamMatch = z.strictObject({
  type: matchType,
  name: patternText({
    max: 256,
    pattern: /^[!-~]+$/,
    accepts: 'a name of printable ASCII characters without spaces',
  }).describe('The name of the query parameter. The first of several counts.'),
  value: matchValue,
});

const match = z.strictObject({
  path: pathMatch.prefault({ type: 'PathPrefix', value: '/' }).describe('What the path must be.'),
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
  priority: integer(0, 15)
    .default(0)
    .describe(
      'Backends with a higher number take over as far as those with lower ones are not healthy: from less than five in seven healthy endpoints on.',
    ),
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
  matches: list(match, 16)
    .min(1)
    .prefault([{ path: { type: 'PathPrefix', value: '/' } }])
    .describe('A request is for this rule when any of these matches. Unset: every path.'),
  filters: list(routeFilter, 16).default([]).describe('What is done to the request and to its response.'),
  backendRefs: list(backendRef, 16).default([]).describe('Where requests go, in proportion to the weights.'),
  timeouts: timeouts.prefault({}).describe('How long things may take.'),
  retry: routeRetry.prefault({}).describe('How requests are tried again.'),
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
  rateLimits: rateLimits.optional().describe('How many requests may come. Unset: as the fleet says.'),
  auth: routeAuth.optional().describe('How those who ask say who they are. Unset: as the fleet says.'),
  access: access.optional().describe('Who may come in by address. Unset: as the fleet says.'),
  sessionPersistence: sessionPersistence
    .optional()
    .describe('The requests of a client stay with one endpoint, as long as it is there and healthy.'),
});

type RuleShape = z.output<typeof ruleShape>;

/** Filters that answer by themselves, so that no backend is asked. */
const answering = ['RequestRedirect', 'DirectResponse'] as const;

/** At most one of each group: a second would undo the first, or never come to be. RequestMirror may stand more than once. */
const exclusive = [
  ['URLRewrite', ...answering],
  ['RequestHeaderModifier'],
  ['ResponseHeaderModifier'],
  ['CORS'],
] as const;

const HAS_BACKENDS = '(has(self.backendRefs) && size(self.backendRefs) > 0)';
const ANSWERS = `(has(self.filters) && self.filters.exists(f, f.type in ${celList(answering)}))`;
const REPLACES_PREFIX = ['urlRewrite', 'requestRedirect']
  .map((field) => `has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch'`)
  .join(' || ');

function celList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

function count(rule: RuleShape, types: readonly string[]): number {
  return rule.filters.filter(({ type }) => types.includes(type)).length;
}

function replacesPrefix(filter: RuleShape['filters'][number]): boolean {
  if (filter.type === 'URLRewrite') return filter.urlRewrite.path?.type === 'ReplacePrefixMatch';
  return filter.type === 'RequestRedirect' && filter.requestRedirect.path?.type === 'ReplacePrefixMatch';
}

const fieldRules: readonly FieldRule<RuleShape>[] = [
  {
    cel: `!${ANSWERS} || !${HAS_BACKENDS}`,
    holds: (rule) => rule.backendRefs.length === 0 || count(rule, answering) === 0,
    message: 'a rule with a RequestRedirect or DirectResponse filter answers itself and must have no backendRefs',
  },
  {
    cel: `${HAS_BACKENDS} || ${ANSWERS}`,
    holds: (rule) => rule.backendRefs.length > 0 || count(rule, answering) > 0,
    message: 'a rule must have backendRefs, or a RequestRedirect or DirectResponse filter that answers',
  },
  ...exclusive.map((types) => ({
    cel: `!has(self.filters) || self.filters.filter(f, f.type in ${celList(types)}).size() <= 1`,
    holds: (rule: RuleShape) => count(rule, types) <= 1,
    message: `a rule must have only one filter of type ${types.join(' or ')}`,
  })),
  {
    cel: `!has(self.filters) || !self.filters.exists(f, ${REPLACES_PREFIX}) || self.matches.all(m, m.path.type == 'PathPrefix')`,
    holds: (rule) => !rule.filters.some(replacesPrefix) || rule.matches.every(({ path }) => path.type === 'PathPrefix'),
    message: 'ReplacePrefixMatch needs every match of the rule to have a path of type PathPrefix',
  },
];

export const routeRule = withRules(ruleShape, ...fieldRules);

export type RouteMatch = DeepReadonly<z.infer<typeof match>>;
export type BackendRef = DeepReadonly<z.infer<typeof backendRef>>;
export type RouteRule = DeepReadonly<z.infer<typeof routeRule>>;
