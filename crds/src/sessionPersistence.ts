import { z } from 'zod';
import { type DeepReadonly, duration, patternText } from './schema.ts';

/* How the requests of one client stay with one endpoint. */

const cookie = z.strictObject({
  name: patternText({
    max: 128,
    pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
    accepts: 'the name of a cookie, such as shop-session',
  })
    .optional()
    .describe('Its name. Unset: evergate- and twelve digits that stand for namespace, route and rule.'),
  maxAge: duration('1s', '8760h')
    .optional()
    .describe(
      'How long clients keep it, in whole seconds; then they are given an endpoint anew. Unset: until they end.',
    ),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'])
    .default('Lax')
    .describe('Whether browsers send it with requests that come from other sites. None needs https.'),
});

export const sessionPersistence = z.strictObject({
  cookie: cookie.describe(
    'A cookie of the gateway says, for gateways of the fleet only and signed, where the requests of a client go.',
  ),
});

export type SessionPersistenceSpec = DeepReadonly<z.infer<typeof sessionPersistence>>;
