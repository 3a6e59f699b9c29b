import { z } from 'zod';
import { duration, text, withRules } from './schema.ts';

const NAMED = ['Header', 'Cookie', 'QueryParam'];

const hashOn = withRules(
  z.strictObject({
    type: z
      .enum(['ClientAddress', 'Header', 'Cookie', 'QueryParam', 'Path'])
      .describe('What of a request decides. Requests that lack it are spread at random.'),
    name: text(256).optional().describe('The name of the header, cookie or query parameter.'),
  }),
  {
    cel: "has(self.name) == (self.type in ['Header', 'Cookie', 'QueryParam'])",
    holds: ({ type, name }) => (name !== undefined) === NAMED.includes(type),
    message: 'name is required with type Header, Cookie and QueryParam, and must not be set otherwise',
  },
);

export const loadBalancing = withRules(
  z.strictObject({
    policy: z
      .enum(['RoundRobin', 'LeastRequests', 'Random', 'ConsistentHash'])
      .default('LeastRequests')
      .describe(
        'Which endpoint takes the next request. RoundRobin: each in turn. LeastRequests: the one with the fewest in flight. Random: of two taken at random the one with fewer. ConsistentHash: always the same for the same `hashOn`, while it is healthy and not far busier than the others.',
      ),
    hashOn: hashOn.optional().describe('With ConsistentHash: what decides. Unset: the address of the client.'),
    slowStart: duration('0s', '10m')
      .default('0s')
      .describe(
        'How long the share of an endpoint grows that is new or healthy again. 0s: it takes its whole share at once.',
      ),
    preferSameZone: z
      .boolean()
      .default(false)
      .describe(
        'Endpoints in the zone of the gateway come first; others take over as far as those are not healthy or far busier.',
      ),
  }),
  {
    cel: "!has(self.hashOn) || self.policy == 'ConsistentHash'",
    holds: ({ hashOn: on, policy }) => on === undefined || policy === 'ConsistentHash',
    message: 'hashOn needs policy ConsistentHash',
  },
);
