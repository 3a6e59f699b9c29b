import { defaultHealthPrefix } from '@evergate/contract/names';
import { z } from 'zod';
import { externalNames } from './externalNames.ts';
import { cidr, fleetName, hostname, port, sectionName } from './fields.ts';
import { fleetErrors } from './fleetErrors.ts';
import { networkFields } from './fleetNetwork.ts';
import { podFields } from './fleetPods.ts';
import { fleetDefaults, fleetEnforced } from './fleetPolicies.ts';
import { fleetRedis } from './fleetRedis.ts';
import { enoughAutoscaledReplicas, enoughReplicas, scalingFields } from './fleetScaling.ts';
import { fleetStatus } from './fleetStatus.ts';
import { apiVersion, objectMeta } from './objectMeta.ts';
import {
  type DeepReadonly,
  duration,
  integer,
  listMap,
  listSet,
  patternText,
  sameOptional,
  withRules,
} from './schema.ts';

/** With the value `true`: routes without `parentRefs` attach to this fleet. */
export const defaultFleetAnnotation = 'evergate.dev/is-default-fleet';

const allowedRoutes = z.strictObject({
  namespaces: z
    .strictObject({
      from: z
        .enum(['Same', 'All'])
        .default('Same')
        .describe('Same: routes of the namespace of the fleet only. All: routes of every namespace.'),
    })
    .prefault({})
    .describe('The namespaces whose routes may attach.'),
});

const listener = z.strictObject({
  name: sectionName.describe('What `sectionName` of a route refers to.'),
  port: port.describe('The port that clients connect to.'),
  protocol: z.enum(['HTTP']).default('HTTP').describe('What is spoken there.'),
  hostname: hostname.optional().describe('Only requests for this host name come in here; any without one.'),
  allowedRoutes: allowedRoutes.prefault({}).describe('Which routes may attach.'),
});

const listeners = withRules(listMap(listener, ['name'], 64).min(1), {
  cel: `self.all(a, self.exists_one(b, a.port == b.port && ${sameOptional('hostname')}))`,
  holds: (all) => new Set(all.map((one) => `${one.port} ${one.hostname ?? ''}`)).size === all.length,
  message: 'listeners on one port must differ in hostname',
});

const shutdown = z.strictObject({
  propagationDelay: duration('0s', '10m')
    .default('10s')
    .describe('How long new connections are still accepted once draining began, while load balancers learn of it.'),
  drainTimeout: duration('0s', '1h').default('30s').describe('How long requests in flight may then take to finish.'),
});

const clientAddress = withRules(
  z.strictObject({
    trustedHops: integer(0, 16)
      .default(0)
      .describe('How many proxies in front add one element to X-Forwarded-For each; 0 believes none.'),
    trustedCIDRs: listSet(cidr, 256)
      .default([])
      .describe('Proxies with these addresses are believed, and skipped in X-Forwarded-For from the right.'),
  }),
  {
    cel: '!(has(self.trustedHops) && self.trustedHops > 0 && has(self.trustedCIDRs) && size(self.trustedCIDRs) > 0)',
    holds: ({ trustedHops, trustedCIDRs }) => trustedHops === 0 || trustedCIDRs.length === 0,
    message: 'set trustedHops or trustedCIDRs, not both',
  },
);

const clientTraffic = z.strictObject({
  clientAddress: clientAddress.prefault({}).describe('How the address of the client is found behind other proxies.'),
  headerTimeout: duration('100ms', '10m').default('10s').describe('How long the head of a request may take to arrive.'),
  idleTimeout: duration('1s', '24h')
    .default('60s')
    .describe('How long a kept-alive connection may stay without a request.'),
  maxConnectionAge: duration('1s', '24h')
    .default('5m')
    .describe(
      'How old a connection may become, give or take a fifth: the answer that is due then is its last, and the client comes back, perhaps to a gateway that was added meanwhile. No request is broken off, and upgraded connections stay.',
    ),
  maxHeaderBytes: integer(1024, 1_048_576)
    .default(32_768)
    .describe('The most bytes that the head of a request may have; more is answered 431.'),
  maxHeaderCount: integer(8, 1000)
    .default(100)
    .describe('The most header fields that a request may have; more is answered 431.'),
  maxTargetBytes: integer(128, 65_536)
    .default(8192)
    .describe('The most bytes that path and query may have; more is answered 414.'),
  maxRequestBodyBytes: integer(0, 2 ** 50)
    .default(0)
    .describe('The most bytes that the body of a request may have; more is answered 413. 0 is no limit.'),
  maxConnections: integer(1, 1_000_000)
    .default(10_000)
    .describe('The most connections that one gateway holds at once.'),
  healthPathPrefix: patternText({
    max: 256,
    pattern: /^(\/[-A-Za-z0-9._~]+)*$/,
    accepts: 'a path without a slash at the end, such as /.evergate, or nothing',
  })
    .default(defaultHealthPrefix)
    .describe('Where /health/live and /health/ready answer on the port of the clients. Empty switches them off.'),
});

const accessLog = z.strictObject({
  mode: z
    .enum(['None', 'Errors', 'Sampled', 'All'])
    .default('Errors')
    .describe(
      'Which requests are logged: none, those that failed in the gateway or answered 5xx, those and some others, or all.',
    ),
  percent: z
    .number()
    .min(0)
    .max(100)
    .default(1)
    .describe('With mode Sampled: how many of a hundred requests are logged.'),
});

const metrics = z.strictObject({
  perRoute: z
    .enum(['All', 'None'])
    .default('All')
    .describe('Whether metrics are kept for each route, or for the fleet only.'),
});

const telemetry = z.strictObject({
  accessLog: accessLog.prefault({}).describe('One line a request, as JSON.'),
  metrics: metrics.prefault({}).describe('What `/metrics` tells.'),
});

const spec = withRules(
  z.strictObject({
    ...scalingFields,
    ...podFields,
    ...networkFields,
    listeners: listeners.prefault([{ name: 'http', port: 80, protocol: 'HTTP' }]).describe('Where clients connect.'),
    shutdown: shutdown.prefault({}).describe('How a gateway leaves without losing a request.'),
    clientTraffic: clientTraffic.prefault({}).describe('What clients may send, and how long they may take.'),
    telemetry: telemetry.prefault({}).describe('What the gateways tell about themselves.'),
    errors: fleetErrors.prefault({}).describe('How the gateways answer what they answer themselves.'),
    externalNames: externalNames.prefault({}).describe('Backends outside of the cluster.'),
    redis: fleetRedis
      .optional()
      .describe('Where the gateways keep what they share: limits and sessions. Unset: each counts for itself.'),
    defaults: fleetDefaults.prefault({}).describe('What holds where routes say nothing.'),
    enforced: fleetEnforced.prefault({}).describe('What holds for every route, whatever it says.'),
  }),
  enoughReplicas,
  enoughAutoscaledReplicas,
);

export const gatewayFleetSpec = spec;
export const gatewayFleetStatus = fleetStatus;

/** A status of another version of ours must not make the object unreadable, so one that does not fit reads as none. */
export const gatewayFleetSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('GatewayFleet'),
  metadata: objectMeta.extend({ name: fleetName }),
  spec: spec.prefault({}),
  status: fleetStatus.optional().catch(undefined),
});

export type FleetListener = DeepReadonly<z.infer<typeof listener>>;
export type GatewayFleetSpec = DeepReadonly<z.infer<typeof spec>>;
export type GatewayFleetStatus = DeepReadonly<z.infer<typeof fleetStatus>>;
export type GatewayFleet = DeepReadonly<z.infer<typeof gatewayFleetSchema>>;
