import { z } from 'zod';
import { activeHealth, passiveHealth } from './backendHealth.ts';
import { backendLimits, circuitBreaker } from './circuitBreaker.ts';
import { conditions } from './conditions.ts';
import { serviceName } from './fields.ts';
import { loadBalancing } from './loadBalancing.ts';
import { apiVersion, objectMeta } from './objectMeta.ts';
import { type DeepReadonly, duration, integer, listMap } from './schema.ts';

const targetRef = z.strictObject({
  kind: z.enum(['Service']).default('Service').describe('The kind of the target.'),
  name: serviceName.describe('The name of a Service in the namespace of the policy.'),
});

const spec = z.strictObject({
  targetRefs: listMap(targetRef, ['kind', 'name'], 16)
    .min(1)
    .describe('The Services that are treated so. When two policies name one Service, the older one holds.'),
  loadBalancing: loadBalancing.prefault({}).describe('How requests are spread over the endpoints.'),
  passiveHealth: passiveHealth.prefault({}).describe('How failed requests take endpoints out.'),
  activeHealth: activeHealth.optional().describe('How endpoints are probed. Unset: they are not.'),
  circuitBreaker: circuitBreaker
    .optional()
    .describe('When a Service that fails is left alone for a while. Unset: never.'),
  limits: backendLimits.optional().describe('How much of the Service one gateway may take up. Unset: no limits.'),
  connectTimeout: duration('10ms', '1m')
    .default('5s')
    .describe('How long connecting to an endpoint may take before another one is tried.'),
});

const status = z.object({
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The generation that this status is about.'),
  conditions: conditions.optional().describe('Accepted, ResolvedRefs and Conflicted.'),
});

export const backendPolicySpec = spec;
export const backendPolicyStatus = status;

/** A status of another version of ours must not make the object unreadable, so one that does not fit reads as none. */
export const backendPolicySchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('BackendPolicy'),
  metadata: objectMeta,
  spec,
  status: status.optional().catch(undefined),
});

export type BackendPolicySpec = DeepReadonly<z.infer<typeof spec>>;
export type BackendPolicyStatus = DeepReadonly<z.infer<typeof status>>;
export type BackendPolicy = DeepReadonly<z.infer<typeof backendPolicySchema>>;
