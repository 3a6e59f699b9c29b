import { z } from 'zod';
import { failureStatuses } from './backendHealth.ts';
import { headerValue, port, serviceName } from './fields.ts';
import { duration, integer, withRules } from './schema.ts';

/* The circuit breaker of a BackendPolicy, with the meaning of Resilience4j's count-based one. */

const percent = z.number().min(1).max(100);

const fallback = withRules(
  z.strictObject({
    response: z
      .strictObject({
        statusCode: integer(200, 599).default(503).describe('The status of the answer.'),
        contentType: headerValue.default('text/plain; charset=utf-8').describe('What `body` is.'),
        body: z.string().max(65_536).default('').describe('The body of the answer.'),
      })
      .optional()
      .describe('What the gateway answers itself.'),
    backendRef: z
      .strictObject({
        name: serviceName.describe('The name of a Service in the namespace of the policy.'),
        port: port.describe('The port of the Service.'),
      })
      .optional()
      .describe('Where requests go instead. The fallback of that Service is not used.'),
  }),
  {
    cel: 'has(self.response) != has(self.backendRef)',
    holds: ({ response, backendRef }) => (response === undefined) !== (backendRef === undefined),
    message: 'must have one of response and backendRef, not both',
  },
);

export const circuitBreaker = z.strictObject({
  slidingWindowSize: integer(1, 10_000).default(100).describe('How many of the latest calls are looked at.'),
  minimumCalls: integer(1, 10_000)
    .default(20)
    .describe('With fewer calls than this, or than slidingWindowSize, nothing is decided.'),
  failureRateThreshold: percent.default(50).describe('The breaker opens when so many of a hundred calls failed.'),
  slowCallDuration: duration('1ms', '10m')
    .optional()
    .describe('A call whose response begins later than this is slow. Unset: none is.'),
  slowCallRateThreshold: percent.default(100).describe('The breaker opens when so many of a hundred calls were slow.'),
  openDuration: duration('100ms', '1h')
    .default('30s')
    .describe('How long an open breaker lets nothing through. Then it is half-open.'),
  halfOpenCalls: integer(1, 1000)
    .default(5)
    .describe(
      'So many calls a half-open breaker lets through; when all have come back, their rates close it or open it again.',
    ),
  codes: failureStatuses
    .default([500, 502, 503, 504])
    .describe('Statuses that are failures. Calls without a response are, too.'),
  fallback: fallback.optional().describe('What becomes of requests while it lets nothing through. Unset: 503.'),
});

const count = integer(1, 1_000_000);

export const backendLimits = withRules(
  z.strictObject({
    maxConnections: count
      .optional()
      .describe('The most connections to the Service. Each request has one to itself while it lasts. Unset: no limit.'),
    maxPending: integer(0, 1_000_000)
      .default(0)
      .describe('So many requests may wait for a connection when all are busy; further ones are answered 503 at once.'),
    pendingTimeout: duration('1ms', '10m')
      .default('1s')
      .describe('How long a request waits for a connection before it is answered 503.'),
    maxInFlight: count
      .optional()
      .describe(
        'The most requests under way, waiting ones included; further ones are answered 503 at once. Unset: no limit.',
      ),
  }),
  {
    cel: 'self.maxPending == 0 || has(self.maxConnections)',
    holds: ({ maxPending, maxConnections }) => maxPending === 0 || maxConnections !== undefined,
    message: 'maxPending needs maxConnections: without that limit no request ever waits',
  },
);
