import { z } from 'zod';

const limitKey = z.object({
  /** ClientAddress: one address, of IPv6 one /64. Claim: of the identity that authentication found. Route: all requests together. */
  type: z.enum(['ClientAddress', 'Header', 'Cookie', 'Claim', 'Route']),
  /** Of the header (lower case), cookie or claim. */
  name: z.string().min(1).max(256).optional(),
});

const rateLimit = z.object({
  /** Names its counters: limits with one id count together. */
  id: z.string().min(1).max(1024),
  /** What `RateLimit` headers and logs call it. */
  name: z.string().min(1).max(63),
  key: limitKey,
  requests: z.number().int().min(1).max(1_000_000_000),
  windowMs: z.number().int().min(1_000).max(86_400_000),
  /** Of a TokenBucket: so many at once. */
  burst: z.number().int().min(1).max(1_000_000_000),
  algorithm: z.enum(['SlidingWindow', 'FixedWindow', 'TokenBucket']),
  /** Local: each gateway counts for itself, up to its share. */
  scope: z.enum(['Shared', 'Local']),
  /** Of a shared limit whose store does not answer. */
  onFailure: z.enum(['Local', 'Allow', 'Deny']),
  /** Counted and told, and nothing is refused. */
  dryRun: z.boolean(),
});

export const rateLimitSchema: typeof rateLimit = rateLimit;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type LimitKey = DeepReadonly<z.infer<typeof limitKey>>;
export type RateLimit = DeepReadonly<z.infer<typeof rateLimit>>;
