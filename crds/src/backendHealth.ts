import { parseDuration } from '@evergate/contract/duration';
import { z } from 'zod';
import { preciseHostname, urlPath } from './fields.ts';
import { duration, integer, list, listSet, patternText, withRules } from './schema.ts';

/* How a BackendPolicy judges a Service: by requests, by probes, and by a circuit breaker. */

const percent = z.number().min(0).max(100);

/** Statuses that say that a backend failed. */
export const failureStatuses = list(integer(400, 599), 32);

export const passiveHealth = z.strictObject({
  on: listSet(z.enum(['Reset', 'Timeout']), 2)
    .default(['Reset', 'Timeout'])
    .describe(
      'Which failures count beside the codes. Reset: the connection broke before the whole response. Timeout: the attempt took too long. An endpoint that cannot be connected to is left out until it can, whatever stands here.',
    ),
  codes: failureStatuses.default([502, 503, 504]).describe('Statuses of responses that count as failures.'),
  maxFails: integer(0, 1000)
    .default(3)
    .describe('So many failures within failTimeout take an endpoint out for failTimeout. 0 switches this off.'),
  failTimeout: duration('1s', '1h')
    .default('30s')
    .describe(
      'Within which time failures count, and for how long the endpoint is out. Then one request is there to see.',
    ),
  maxEjectionPercent: percent
    .default(50)
    .describe('How much of a Service may be out at once, rounded down to whole endpoints. A single endpoint never is.'),
  panicThreshold: percent
    .default(25)
    .describe(
      'When less than this percentage of the endpoints that can be connected to is healthy, all of them are used: then the judgement is wrong rather than the endpoints. 0: never, and without a healthy endpoint requests are answered 503.',
    ),
});

const statusRange = patternText({
  max: 7,
  pattern: /^[1-5][0-9]{2}(-[1-5][0-9]{2})?$/,
  accepts: 'a status or a range of them, such as 200 or 200-399',
});

export const activeHealth = withRules(
  z.strictObject({
    type: z
      .enum(['HTTP', 'TCP'])
      .default('HTTP')
      .describe('HTTP: a GET is answered as expected. TCP: a connection can be opened.'),
    path: urlPath.default('/').describe('What HTTP probes ask for.'),
    hostname: preciseHostname
      .optional()
      .describe('The Host that HTTP probes send; the address of the endpoint without it.'),
    interval: duration('1s', '1h')
      .default('10s')
      .describe('How long from one probe of an endpoint to the next, give or take a tenth.'),
    timeout: duration('10ms', '1m').default('2s').describe('How long a probe may take.'),
    healthyThreshold: integer(1, 100).default(2).describe('So many good probes in a row bring an endpoint back.'),
    unhealthyThreshold: integer(1, 100).default(3).describe('So many failed probes in a row take it out.'),
    expectedStatuses: listSet(statusRange, 16)
      .min(1)
      .default(['200-399'])
      .describe('Statuses, or ranges of them, that are good answers to HTTP probes.'),
  }),
  {
    cel: '!has(self.timeout) || !has(self.interval) || duration(self.timeout) <= duration(self.interval)',
    holds: ({ timeout, interval }) => (parseDuration(timeout) ?? 0) <= (parseDuration(interval) ?? 0),
    message: 'timeout must not be longer than interval',
  },
);
