import { z } from 'zod';

/* The endpoints document: where each backend can be reached now. It changes with EndpointSlices, the route table does not. */

const port = z.number().int().min(1).max(65535);
const address = z.string().min(1).max(253);

const endpoint = z.object({
  address,
  port,
  /** New requests may go here. */
  ready: z.boolean(),
  /** It still answers: with `terminating`, used only while no endpoint is ready (KEP-1669). */
  serving: z.boolean(),
  terminating: z.boolean(),
  zone: z.string().max(253).optional(),
});

const backendEndpoints = z.object({
  /** `backendId` of the Service port. */
  id: z.string().min(1).max(512),
  /** The Service's own address, the last resort; absent for a headless Service. */
  clusterAddress: z.object({ address, port }).optional(),
  /** Of a Service of type ExternalName: gateways find the endpoints themselves, by DNS. */
  externalName: z.object({ hostname: z.string().min(1).max(253), port }).optional(),
  /** One address family only, so a dual-stack pod stands here once. */
  endpoints: z.array(endpoint).max(10_000),
});

const endpointsPart = z.object({ backends: z.array(backendEndpoints).max(100_000) });

export const endpointsPartSchema: typeof endpointsPart = endpointsPart;

export type Endpoint = Readonly<z.infer<typeof endpoint>>;
export interface BackendEndpoints {
  readonly id: string;
  readonly clusterAddress?: { readonly address: string; readonly port: number } | undefined;
  readonly externalName?: { readonly hostname: string; readonly port: number } | undefined;
  readonly endpoints: readonly Endpoint[];
}
export interface EndpointsPart {
  readonly backends: readonly BackendEndpoints[];
}
