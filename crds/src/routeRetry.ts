import { z } from 'zod';
import { failureStatuses } from './backendHealth.ts';
import { duration, integer, listSet } from './schema.ts';

/** How requests of a rule are tried again. */
export const routeRetry = z.strictObject({
  attempts: integer(0, 10)
    .default(1)
    .describe(
      'How often a request that may have reached a backend is sent again. A request of which nothing was sent goes to another endpoint all the same.',
    ),
  on: listSet(z.enum(['ConnectFailure', 'Reset', 'Timeout']), 3)
    .default(['ConnectFailure', 'Reset', 'Timeout'])
    .describe(
      'What is tried again. ConnectFailure: no connection. Reset: the connection broke before the response began. Timeout: the attempt took longer than timeouts.backendRequest.',
    ),
  codes: failureStatuses.default([502, 503]).describe('Statuses after which a request is sent again.'),
  methods: listSet(z.enum(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']), 6)
    .default(['GET', 'HEAD', 'OPTIONS'])
    .describe(
      'The methods that may be sent twice. PUT and DELETE have effects, so list them only where the backend does the same however often it is asked. With others, only what was certainly not sent is tried again.',
    ),
  backoff: duration('0ms', '10s')
    .default('25ms')
    .describe(
      'The wait before an attempt is random, from nothing up to this, twice this before the next, and so on. A Retry-After of up to 5s is waited for; after a longer one the response goes to the client.',
    ),
  budget: z
    .strictObject({
      percent: z
        .number()
        .min(0)
        .max(100)
        .default(20)
        .describe('Of a hundred requests to the backend, so many retries.'),
      minRetryRate: integer(0, 100_000).default(10).describe('... and so many a second beside those.'),
    })
    .prefault({})
    .describe('What all retries to one backend may add to its load, for each gateway.'),
});
