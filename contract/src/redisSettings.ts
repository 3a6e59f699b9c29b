import { z } from 'zod';

const redis = z.object({
  mode: z.enum(['Standalone', 'Sentinel', 'Cluster']),
  /** The server itself, the Sentinels, or some nodes of the cluster. */
  endpoints: z
    .array(z.object({ host: z.string().min(1).max(253), port: z.number().int().min(1).max(65_535) }))
    .min(1)
    .max(32),
  /** What the Sentinels call the primary. */
  primaryName: z.string().min(1).max(253).optional(),
  database: z.number().int().min(0).max(1_000_000),
  /** The secret with `username`, `password` and `sentinelPassword`, each optional. */
  credentials: z.string().min(1).max(512).optional(),
  tls: z
    .object({
      /** What the certificate must be for; the host without one. */
      serverName: z.string().min(1).max(253).optional(),
      /** The secret with the authority's certificate under `ca.crt`; the system's authorities without one. */
      ca: z.string().min(1).max(512).optional(),
    })
    .optional(),
  commandTimeoutMs: z.number().int().min(1).max(10_000),
  /** Required: a gateway whose Redis is down is not ready. */
  readiness: z.enum(['Optional', 'Required']),
});

export const redisSchema: typeof redis = redis;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Where a fleet keeps what its gateways share. */
export type RedisFleetSettings = DeepReadonly<z.infer<typeof redis>>;
