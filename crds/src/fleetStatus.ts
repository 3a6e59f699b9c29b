import { z } from 'zod';
import { conditions } from './conditions.ts';
import { integer, list, listMap, text } from './schema.ts';

const count = integer(0, 1_000_000);

/** What a fleet is, as the operator found it. */
export const fleetStatus = z.object({
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The generation that this status is about.'),
  conditions: conditions
    .optional()
    .describe(
      'Accepted, Programmed, Available, Degraded, and Ready, the sum of them; Reconciling or Stalled while it is so.',
    ),
  revision: text(128).optional().describe('The revision of the route table that the fleet should serve.'),
  replicas: z
    .object({
      desired: count.describe('How many gateways should run.'),
      ready: count.describe('How many are ready.'),
      onRevision: count.describe('How many serve `revision`.'),
    })
    .optional()
    .describe('The gateways, counted.'),
  addresses: list(
    z.object({
      type: z.enum(['IPAddress', 'Hostname']).describe('What `value` is.'),
      value: text(253).describe('The address.'),
    }),
    16,
  )
    .optional()
    .describe('Where clients reach the fleet.'),
  listeners: listMap(
    z.object({
      name: text(63).describe('The name of the listener.'),
      attachedRoutes: count.describe('How many routes are attached to it.'),
    }),
    ['name'],
    64,
  )
    .optional()
    .describe('What is attached to each listener.'),
});
