import { z } from 'zod';

/*
 * How a backend is treated, whichever rules use it. Passive health and the panic threshold have a default, which most backends have and
 * leave out of the table. Any other part that is absent is off.
 */

const milliseconds = z.number().int().min(0).max(360_000_000);
const percent = z.number().min(0).max(100);
const status = z.number().int().min(100).max(599);

const hashOn = z.object({
  type: z.enum(['ClientAddress', 'Header', 'Cookie', 'QueryParam', 'Path']),
  /** Of the header (lower case), cookie or parameter. */
  name: z.string().min(1).max(256).optional(),
});

const loadBalancing = z.object({
  policy: z.enum(['RoundRobin', 'LeastRequests', 'Random', 'ConsistentHash']),
  /** With ConsistentHash: what of a request decides; the client's address without it. */
  hashOn: hashOn.optional(),
  /** How long the share of a new or recovered endpoint grows; absent or 0 is off. */
  slowStartMs: milliseconds.optional(),
  preferSameZone: z.boolean().optional(),
});

const passiveHealth = z.object({
  /** Which failures count beside the codes. Failed connects never do: they have a memory of their own. */
  on: z.array(z.enum(['Reset', 'Timeout'])).max(2),
  codes: z.array(status).max(64),
  /** So many failures within `failTimeoutMs` take the endpoint out for as long; 0 is never. */
  maxFails: z.number().int().min(0).max(1000),
  failTimeoutMs: milliseconds,
  /** Rounded down to whole endpoints. */
  maxEjectionPercent: percent,
});

const activeHealth = z.object({
  type: z.enum(['HTTP', 'TCP']),
  /** Path and query, with HTTP. */
  path: z.string().min(1).max(1024),
  /** The Host to send; the endpoint's own address without it. */
  hostname: z.string().min(1).max(253).optional(),
  intervalMs: milliseconds.min(100),
  timeoutMs: milliseconds.min(10),
  healthyThreshold: z.number().int().min(1).max(100),
  unhealthyThreshold: z.number().int().min(1).max(100),
  /** Ranges, both ends included. */
  expectedStatuses: z.array(z.tuple([status, status])).max(16),
});

const circuitBreaker = z.object({
  slidingWindowSize: z.number().int().min(1).max(10_000),
  minimumCalls: z.number().int().min(1).max(10_000),
  failureRatePercent: percent,
  /** A response's head that takes longer is slow; absent: none is. */
  slowCallMs: milliseconds.optional(),
  slowCallRatePercent: percent,
  openMs: milliseconds,
  halfOpenCalls: z.number().int().min(1).max(1000),
  /** Statuses that are failures, beside what brings no response at all. */
  codes: z.array(status).max(64),
  /** What is answered while it is open; absent: 503 with the reason. */
  fallback: z
    .discriminatedUnion('type', [
      z.object({
        type: z.literal('Response'),
        statusCode: z.number().int().min(200).max(599),
        contentType: z.string().max(256),
        body: z.string().max(65_536),
      }),
      /** `backendId`. Its own fallback is not followed. */
      z.object({ type: z.literal('Backend'), backend: z.string().min(1).max(512) }),
    ])
    .optional(),
});

const count = z.number().int().min(1).max(1_000_000);

const limits = z.object({
  /** Connections of one gateway, busy and idle. A request needs one of its own. */
  maxConnections: count.optional(),
  /** Requests that may wait for a connection; absent or 0: none does. */
  maxPending: z.number().int().min(0).max(1_000_000).optional(),
  pendingTimeoutMs: milliseconds,
  /** Requests of one gateway, waiting ones included. */
  maxInFlight: count.optional(),
});

const backendSettings = z.object({
  /** `backendId`. */
  id: z.string().min(1).max(512),
  loadBalancing,
  connectTimeoutMs: milliseconds,
  passiveHealth: passiveHealth.optional(),
  activeHealth: activeHealth.optional(),
  /** Below this share of healthy endpoints health is not believed, and all are used; 0: never. */
  panicThresholdPercent: percent.optional(),
  circuitBreaker: circuitBreaker.optional(),
  limits: limits.optional(),
});

export const backendSettingsSchema: typeof backendSettings = backendSettings;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type HashOn = DeepReadonly<z.infer<typeof hashOn>>;
export type LoadBalancing = DeepReadonly<z.infer<typeof loadBalancing>>;
export type PassiveHealth = DeepReadonly<z.infer<typeof passiveHealth>>;
export type ActiveHealth = DeepReadonly<z.infer<typeof activeHealth>>;
export type CircuitBreaker = DeepReadonly<z.infer<typeof circuitBreaker>>;
export type BackendLimits = DeepReadonly<z.infer<typeof limits>>;
export type BackendSettings = DeepReadonly<z.infer<typeof backendSettings>>;

/** What holds for a backend that says nothing. */
export const defaultPassiveHealth: PassiveHealth = {
  on: ['Reset', 'Timeout'],
  codes: [502, 503, 504],
  maxFails: 3,
  failTimeoutMs: 30_000,
  maxEjectionPercent: 50,
};
export const defaultPanicThresholdPercent = 25;
