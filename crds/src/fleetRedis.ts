import { z } from 'zod';
import { authorityRef, secretRef } from './authFields.ts';
import { port, preciseHostname } from './fields.ts';
import { type DeepReadonly, duration, integer, listMap, patternText, withRules } from './schema.ts';

const host = patternText({
  max: 253,
  pattern: /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*|[0-9a-f:.]+)$/,
  accepts: 'a host name or an IP address',
});

const tls = z.strictObject({
  serverName: preciseHostname.optional().describe('What the certificate must be for. Unset: the host.'),
  secretRef: authorityRef,
});

/** Where the gateways of a fleet keep what they share. */
export const fleetRedis = withRules(
  z.strictObject({
    mode: z.enum(['Standalone', 'Sentinel', 'Cluster']).default('Standalone').describe('What the endpoints are.'),
    endpoints: listMap(
      z.strictObject({
        host: host.describe('Its name or address.'),
        port: port.default(6379).describe('Its port.'),
      }),
      ['host', 'port'],
      16,
    )
      .min(1)
      .describe('The server itself, the Sentinels, or some nodes of the cluster.'),
    primaryName: patternText({
      max: 128,
      pattern: /^[A-Za-z0-9._-]+$/,
      accepts: 'letters, digits, and any of . _ -',
    })
      .optional()
      .describe('With mode Sentinel: what the Sentinels call the primary.'),
    database: integer(0, 1_000_000).default(0).describe('The number of the database.'),
    credentials: z
      .strictObject({
        secretRef: secretRef.describe('A Secret with `username`, `password` and `sentinelPassword`, each optional.'),
      })
      .optional()
      .describe('How gateways log in.'),
    tls: tls.optional().describe('Connections are encrypted. Unset: they are not.'),
    commandTimeout: duration('1ms', '5s')
      .default('50ms')
      .describe('How long a request may wait for Redis. One that did not answer in time is left alone until it does.'),
    readiness: z
      .enum(['Optional', 'Required'])
      .default('Optional')
      .describe(
        'While Redis does not answer. Optional: gateways stay ready, and limits and sessions go on as their onFailure says. Required: gateways are not ready.',
      ),
  }),
  {
    cel: "self.mode != 'Standalone' || size(self.endpoints) == 1",
    holds: ({ mode, endpoints }) => mode !== 'Standalone' || endpoints.length === 1,
    message: 'mode Standalone needs exactly one of endpoints',
  },
  {
    cel: "has(self.primaryName) == (self.mode == 'Sentinel')",
    holds: ({ mode, primaryName }) => (primaryName !== undefined) === (mode === 'Sentinel'),
    message: 'primaryName is required when mode is Sentinel, and must not be set otherwise',
  },
  {
    cel: "self.mode != 'Cluster' || self.database == 0",
    holds: ({ mode, database }) => mode !== 'Cluster' || database === 0,
    message: 'mode Cluster needs database 0',
  },
);

export type RedisSpec = DeepReadonly<z.infer<typeof fleetRedis>>;
