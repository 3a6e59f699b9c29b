import { z } from 'zod';
import { accessSchema, authSchema } from './authSettings.ts';
import { backendSettingsSchema } from './backendSettings.ts';
import { enforcedSchema } from './enforcedSettings.ts';
import { errorSettingsSchema } from './errorSettings.ts';
import { rateLimitSchema } from './limitSettings.ts';
import { persistenceSchema } from './persistenceSettings.ts';
import { redisSchema } from './redisSettings.ts';
import { retrySettingsSchema } from './retrySettings.ts';

export type { BackendSettings } from './backendSettings.ts';
export type { RetrySettings } from './retrySettings.ts';

/*
 * The route table: what a fleet's gateways serve, resolved, defaulted and flat. A rule stands alone: it names its route, its
 * hostnames and its backends, so that one part can be compiled without another. Schemas are the single source of the types.
 */

const name = z.string().min(1).max(253);
const headerName = z.string().min(1).max(256);
const value = z.string().max(4096);
const milliseconds = z.number().int().min(0).max(360_000_000);
const pair = z.tuple([headerName, value]);

const pathMatch = z.object({
  type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']),
  /** Normalised as `normalisePath` does; a prefix has no trailing slash but for `/` itself. */
  value: z.string().min(1).max(1024),
});

const namedMatch = z.object({
  type: z.enum(['Exact', 'RegularExpression']),
  /** Lower case for headers, as written for query parameters. */
  name: headerName,
  value,
});

const match = z.object({
  path: pathMatch,
  method: z.string().max(32).optional(),
  headers: z.array(namedMatch).max(16),
  queryParams: z.array(namedMatch).max(16),
});

const headerEdit = z.object({
  set: z.array(pair).max(64),
  add: z.array(pair).max(64),
  /** Lower case. */
  remove: z.array(headerName).max(64),
});

const pathEdit = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ReplaceFullPath'), value: z.string().min(1).max(1024) }),
  /** The rule's match is a prefix; an empty value stands for `/`. */
  z.object({ type: z.literal('ReplacePrefixMatch'), value: z.string().max(1024) }),
]);

const filter = z.discriminatedUnion('type', [
  z.object({ type: z.literal('RequestHeaderModifier'), edit: headerEdit }),
  z.object({ type: z.literal('ResponseHeaderModifier'), edit: headerEdit }),
  z.object({ type: z.literal('URLRewrite'), hostname: name.optional(), path: pathEdit.optional() }),
  z.object({
    type: z.literal('RequestRedirect'),
    scheme: z.enum(['http', 'https']).optional(),
    hostname: name.optional(),
    port: z.number().int().min(1).max(65535).optional(),
    path: pathEdit.optional(),
    statusCode: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]),
  }),
  z.object({
    type: z.literal('RequestMirror'),
    backend: z.string().max(512),
    /** 0 to 100. */
    percent: z.number().min(0).max(100),
  }),
  z.object({
    type: z.literal('CORS'),
    allowOrigins: z.array(z.string().max(253)).max(64),
    allowMethods: z.array(z.string().max(32)).max(32),
    allowHeaders: z.array(headerName).max(64),
    exposeHeaders: z.array(headerName).max(64),
    maxAgeSeconds: z.number().int().min(0).max(86_400_000),
    allowCredentials: z.boolean(),
  }),
  z.object({
    type: z.literal('DirectResponse'),
    statusCode: z.number().int().min(200).max(599),
    contentType: z.string().max(256),
    body: z.string().max(65_536),
  }),
]);

const weightedBackend = z.object({
  /** `backendId`, or null where the reference could not be resolved: its share is answered with 500, as Gateway API asks. */
  backend: z.string().max(512).nullable(),
  weight: z.number().int().min(0).max(1_000_000),
  /** Backends of the next higher number take over as the healthy share of those before falls; absent is 0. */
  priority: z.number().int().min(0).max(15).optional(),
});

const rule = z.object({
  /** Stable over edits of other rules: `<namespace>/<route>/<rule name or position>`. */
  id: z.string().min(1).max(1024),
  route: z.object({
    namespace: name,
    name,
    uid: z.string().max(64),
    generation: z.number().int().min(0),
    /** Unix seconds; the older route wins a tie (Gateway API). */
    createdAt: z.number().int().min(0),
  }),
  /** The rule's name, or its position in the route as text. */
  name: z.string().max(253),
  /** Position in the route, the last tie-break. */
  position: z.number().int().min(0),
  /** Names of the listeners it is attached to. */
  listeners: z.array(z.string().max(253)).max(64),
  /** Lower case; exact, `*.example.com`, or `*` for any. */
  hostnames: z.array(z.string().min(1).max(253)).min(1).max(1024),
  matches: z.array(match).min(1).max(64),
  filters: z.array(filter).max(16),
  backends: z.array(weightedBackend).max(16),
  timeouts: z.object({
    /** The whole exchange, from the request's head to the response's last byte. 0 is no limit; absent is the default deadline (30 s to the head, 60 s idle). */
    requestMs: milliseconds.optional(),
    /** One attempt, up to its response's last byte. 0 is no limit. */
    backendRequestMs: milliseconds.optional(),
  }),
  /** Absent: `defaultRetry`. */
  retry: retrySettingsSchema.optional(),
  limits: z.object({ requestBodyBytes: z.number().int().min(0).optional() }),
  rateLimits: z.array(rateLimitSchema).max(8).optional(),
  auth: authSchema.optional(),
  access: accessSchema.optional(),
  sessionPersistence: persistenceSchema.optional(),
});

const listener = z.object({
  name,
  port: z.number().int().min(1).max(65535),
  protocol: z.enum(['HTTP']),
});

const settings = z.object({
  listeners: z.array(listener).max(64),
  clientTraffic: z.object({
    clientAddress: z.object({
      /** How many proxies in front add one `X-Forwarded-For` element each; 0 believes none. */
      trustedHops: z.number().int().min(0).max(16),
      /** Peers in these ranges are believed, and their addresses are skipped from the right. */
      trustedCIDRs: z.array(z.string().max(64)).max(256),
    }),
    headerTimeoutMs: milliseconds,
    idleTimeoutMs: milliseconds,
    /** Absent: a connection may become as old as it likes. */
    maxConnectionAgeMs: milliseconds.optional(),
    maxHeaderBytes: z.number().int().min(1024).max(1_048_576),
    maxHeaderCount: z.number().int().min(8).max(1000),
    maxTargetBytes: z.number().int().min(128).max(65_536),
    /** 0 is no limit. */
    maxRequestBodyBytes: z.number().int().min(0),
    maxConnections: z.number().int().min(1).max(1_000_000),
  }),
  /** Prefix of the data port's health paths; empty switches them off. */
  healthPrefix: z.string().max(256),
  shutdown: z.object({ propagationDelayMs: milliseconds, drainTimeoutMs: milliseconds }),
  /** Absent: `defaultErrors`. */
  errors: errorSettingsSchema.optional(),
  /** Absent: each gateway keeps to itself what it counts. */
  redis: redisSchema.optional(),
  enforced: enforcedSchema.optional(),
  telemetry: z.object({
    accessLog: z.object({
      mode: z.enum(['None', 'Errors', 'Sampled', 'All']),
      /** Of `Sampled`: 0 to 100. */
      percent: z.number().min(0).max(100),
    }),
    metrics: z.object({ perRoute: z.enum(['All', 'None']) }),
  }),
});

const routesPart = z.object({
  rules: z.array(rule).max(100_000),
  backends: z.array(backendSettingsSchema).max(100_000),
});

export const settingsSchema: typeof settings = settings;
export const routesPartSchema: typeof routesPart = routesPart;

/** Arrays and tuples are mapped as such. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type PathMatch = DeepReadonly<z.infer<typeof pathMatch>>;
export type NamedMatch = DeepReadonly<z.infer<typeof namedMatch>>;
export type Match = DeepReadonly<z.infer<typeof match>>;
export type HeaderEdit = DeepReadonly<z.infer<typeof headerEdit>>;
export type PathEdit = DeepReadonly<z.infer<typeof pathEdit>>;
export type Filter = DeepReadonly<z.infer<typeof filter>>;
export type WeightedBackend = DeepReadonly<z.infer<typeof weightedBackend>>;
export type Rule = DeepReadonly<z.infer<typeof rule>>;
export type Listener = DeepReadonly<z.infer<typeof listener>>;
/** What holds for the whole fleet; stands in the index of the routes document. */
export type FleetSettings = DeepReadonly<z.infer<typeof settings>>;
export type RoutesPart = DeepReadonly<z.infer<typeof routesPart>>;
