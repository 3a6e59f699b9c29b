import { z } from 'zod';
import { objectMeta } from './objectMeta.ts';
import type { DeepReadonly } from './schema.ts';

/*
 * Kinds of others that we only read: the few fields we need, the rest ignored. The API server has validated them, and writes null
 * for an empty list in places, so null reads as absent.
 */

const port = z.number().int().min(1).max(65_535);
const protocol = z
  .string()
  .nullish()
  .transform((value) => value ?? 'TCP');

function listOf<E extends z.ZodType>(element: E) {
  return z
    .array(element)
    .nullish()
    .transform((entries) => entries ?? []);
}

export const serviceSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata: objectMeta,
  spec: z.object({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).default('ClusterIP'),
    /** `None` for a headless Service; absent for ExternalName and in files. */
    clusterIP: z.string().nullish(),
    /** The primary family first. */
    ipFamilies: listOf(z.enum(['IPv4', 'IPv6'])),
    externalName: z.string().max(253).nullish(),
    ports: listOf(
      z.object({
        name: z.string().nullish(),
        port,
        protocol,
        targetPort: z.union([port, z.string()]).nullish(),
        appProtocol: z.string().nullish(),
      }),
    ),
  }),
});

/** The API's defaults: unknown readiness is ready, unknown serving is as ready, unknown terminating is not. */
const endpointConditions = z
  .object({ ready: z.boolean().nullish(), serving: z.boolean().nullish(), terminating: z.boolean().nullish() })
  .nullish()
  .transform((conditions) => ({
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? conditions?.ready ?? true,
    terminating: conditions?.terminating ?? false,
  }));

export const endpointSliceSchema = z.object({
  apiVersion: z.literal('discovery.k8s.io/v1'),
  kind: z.literal('EndpointSlice'),
  metadata: objectMeta,
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
  endpoints: listOf(
    z.object({
      addresses: z.array(z.string().min(1).max(253)).min(1),
      conditions: endpointConditions,
      zone: z.string().nullish(),
    }),
  ),
  ports: listOf(z.object({ name: z.string().nullish(), port: port.nullish(), protocol })),
});

/** The label of an EndpointSlice that names its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

export const secretSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: objectMeta,
  type: z.string().default('Opaque'),
  /** Base64. */
  data: z.record(z.string(), z.string()).nullish(),
  /** Only in files: the API server moves it into `data`. */
  stringData: z.record(z.string(), z.string()).nullish(),
});

export const referenceGrantSchema = z.object({
  apiVersion: z.enum(['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1']),
  kind: z.literal('ReferenceGrant'),
  metadata: objectMeta,
  spec: z.object({
    from: listOf(z.object({ group: z.string(), kind: z.string(), namespace: z.string() })),
    /** An empty group is the core group; without a name, every object of the kind. */
    to: listOf(z.object({ group: z.string(), kind: z.string(), name: z.string().nullish() })),
  }),
});

export type Service = DeepReadonly<z.infer<typeof serviceSchema>>;
export type EndpointSlice = DeepReadonly<z.infer<typeof endpointSliceSchema>>;
export type Secret = DeepReadonly<z.infer<typeof secretSchema>>;
export type ReferenceGrant = DeepReadonly<z.infer<typeof referenceGrantSchema>>;
