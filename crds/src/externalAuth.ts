import { parseDuration } from '@evergate/contract/duration';
import { z } from 'zod';
import { identityHeader } from './authFields.ts';
import { headerName, namespaceName, port, serviceName, urlPath } from './fields.ts';
import { type DeepReadonly, duration, integer, listSet, withRules } from './schema.ts';

/* A service that is asked whether a request may pass. */

const key = z.strictObject({
  method: z.boolean().default(true).describe('Whether it depends on the method.'),
  host: z.boolean().default(true).describe('Whether it depends on the host.'),
  path: z.boolean().default(true).describe('Whether it depends on the path.'),
  headers: listSet(headerName.max(128), 16).default([]).describe('The headers that it depends on.'),
});

const cache = withRules(
  z.strictObject({
    ttl: duration('0s', '1h')
      .default('0s')
      .describe(
        'So long a decision to let a request pass is used without asking again. 0s: the service is always asked.',
      ),
    staleIfError: duration('0s', '24h')
      .default('5m')
      .describe(
        'So long such a decision stands in while the service fails. The backend then gets x-evergate-auth-stale.',
      ),
    key: key.optional().describe('What a decision depends on. Unset: method, host, path and every forwarded header.'),
  }),
  {
    cel: "duration(self.ttl) <= duration(self.staleIfError) || duration(self.staleIfError) == duration('0s')",
    holds: ({ ttl, staleIfError }) => {
      const staleMs = parseDuration(staleIfError) ?? 0;
      return staleMs === 0 || (parseDuration(ttl) ?? 0) <= staleMs;
    },
    message: 'staleIfError must be 0s or at least as long as ttl',
  },
);

const circuitBreaker = z.strictObject({
  slidingWindowSize: integer(1, 10_000).default(10).describe('How many of the latest questions are looked at.'),
  failureRateThreshold: z
    .number()
    .min(1)
    .max(100)
    .default(50)
    .describe('The service is left alone when so many of a hundred failed.'),
  openDuration: duration('100ms', '1h').default('30s').describe('So long it is left alone. Then it is tried.'),
  halfOpenCalls: integer(1, 1000)
    .default(3)
    .describe('It is tried with so many questions; when all have come back, their rate decides.'),
});

export const externalAuth = z.strictObject({
  backendRef: z
    .strictObject({
      name: serviceName.describe('The name of a Service.'),
      namespace: namespaceName
        .optional()
        .describe('Its namespace; another than that of this object needs a ReferenceGrant there.'),
      port: port.describe('The port of the Service.'),
    })
    .describe(
      'Who decides: a status from 200 to 299 lets a request pass, another below 500 is the answer of the client, and anything else is a failure.',
    ),
  path: urlPath
    .default('/')
    .describe('What is asked for there, with GET. X-Forwarded-Uri and others have the request.'),
  timeout: duration('10ms', '30s').default('2s').describe('How long an answer may take.'),
  forwardHeaders: listSet(headerName.max(128), 16)
    .default(['Authorization', 'Cookie'])
    .describe('The headers of the request that the service gets.'),
  identityHeaders: listSet(identityHeader, 16)
    .default([])
    .describe('The headers of its answer that the backend gets. Clients cannot send these.'),
  cache: cache.prefault({ ttl: '0s', staleIfError: '5m' }).describe('How long decisions are good.'),
  circuitBreaker: circuitBreaker.prefault({}).describe('When a failing service is left alone.'),
  onFailure: z
    .enum(['Deny', 'Allow'])
    .default('Deny')
    .describe(
      'While the service fails and no decision stands in. Deny: 503. Allow: the request passes unchecked, and is counted.',
    ),
});

export type ExternalAuthSpec = DeepReadonly<z.infer<typeof externalAuth>>;
