import { z } from 'zod';
import { headerName, sectionName } from './fields.ts';
import { type DeepReadonly, duration, integer, listMap, text, withRules } from './schema.ts';

/* How many requests may come. The same for a rule and, enforced, for all rules of a fleet. */

const NAMED = ['Header', 'Cookie', 'Claim'] as const;

const key = withRules(
  z.strictObject({
    type: z
      .enum(['ClientAddress', 'Header', 'Cookie', 'Claim', 'Route'])
      .default('ClientAddress')
      .describe(
        'What requests are counted by. ClientAddress: the address of the client, of IPv6 its /64. Header, Cookie: its value. Claim: what authentication found. Route: all of them together.',
      ),
    name: headerName.max(128).optional().describe('The name of the header, cookie or claim.'),
  }),
  {
    cel: `has(self.name) == (self.type in [${NAMED.map((type) => `'${type}'`).join(', ')}])`,
    holds: ({ type, name }) => (name !== undefined) === NAMED.some((named) => named === type),
    message: 'name is required when type is Header, Cookie or Claim, and must not be set otherwise',
  },
);

const count = integer(1, 1_000_000_000);

const rateLimit = withRules(
  z.strictObject({
    name: sectionName
      .default('default')
      .describe('What RateLimit headers and logs call it. A limit that keeps its name keeps what it has counted.'),
    key: key.prefault({ type: 'ClientAddress' }).describe('What requests are counted by.'),
    requests: count.describe('So many requests may come in each window.'),
    window: duration('1s', '24h').default('1m').describe('The time that `requests` is for.'),
    burst: count.optional().describe('With TokenBucket: so many may come at once. Unset: as many as `requests`.'),
    algorithm: z
      .enum(['SlidingWindow', 'FixedWindow', 'TokenBucket'])
      .default('SlidingWindow')
      .describe(
        'SlidingWindow: never more in any window; a request may count for a sixtieth of the window too long. FixedWindow: a window begins with the first request; twice the limit can pass around its end. TokenBucket: a burst, then one by one.',
      ),
    scope: z
      .enum(['Shared', 'Local'])
      .default('Shared')
      .describe(
        'Shared: all gateways of the fleet count together, in its Redis. Local: each counts for itself, up to its share.',
      ),
    onFailure: z
      .enum(['Local', 'Allow', 'Deny'])
      .default('Local')
      .describe(
        'While Redis does not answer. Local: each gateway counts for itself, up to its share. Allow: nothing is counted. Deny: requests are answered 503.',
      ),
    dryRun: z.boolean().default(false).describe('Counts, and tells logs and metrics, but refuses nothing.'),
  }),
  {
    cel: "!has(self.burst) || self.algorithm == 'TokenBucket'",
    holds: ({ burst, algorithm }) => burst === undefined || algorithm === 'TokenBucket',
    message: 'burst needs algorithm TokenBucket',
  },
);

export const rateLimits = listMap(rateLimit, ['name'], 8);

export type RateLimitSpec = DeepReadonly<z.infer<typeof rateLimit>>;

/** A name that is no header: a field of a session, a claim. */
export const claimName = text(128);
