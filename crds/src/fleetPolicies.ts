import { z } from 'zod';
import { access } from './authFields.ts';
import { urlPath } from './fields.ts';
import { rateLimits } from './rateLimits.ts';
import { routeAuth } from './routeAuth.ts';
import { type DeepReadonly, list, patternText } from './schema.ts';

const exemptHost = patternText({
  max: 253,
  pattern: /^([*]|([*][.])?[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$/,
  accepts: 'a host name in lower case, such as shop.example.com or *.example.com, or * for any',
});

/** What holds for every route of a fleet: routes may ask for more, never for less. */
export const fleetEnforced = z.strictObject({
  access: access.optional().describe('Who may come in by address.'),
  auth: routeAuth.optional().describe('How everyone says who they are.'),
  rateLimits: rateLimits.default([]).describe('How many requests may come, over all routes together.'),
  exempt: list(
    z.strictObject({
      hostname: exemptHost.default('*').describe('The host of the requests.'),
      pathPrefix: urlPath.default('/').describe('What their path begins with, in whole segments.'),
    }),
    32,
  )
    .default([])
    .describe('Requests that nothing of it holds for.'),
});

/** What holds for rules that say nothing themselves. */
export const fleetDefaults = z.strictObject({
  route: z
    .strictObject({
      access: access.optional().describe('For rules without `access`.'),
      auth: routeAuth.optional().describe('For rules without `auth`.'),
      rateLimits: rateLimits.optional().describe('For rules without `rateLimits`.'),
    })
    .prefault({})
    .describe('Of rules of routes.'),
});

export type EnforcedSpec = DeepReadonly<z.infer<typeof fleetEnforced>>;
export type DefaultsSpec = DeepReadonly<z.infer<typeof fleetDefaults>>;
