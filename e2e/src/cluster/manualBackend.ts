import { podPorts } from '../podPorts.ts';
import type { ApiCall } from '../prober/apiClient.ts';
import { type Arena, arenaNamespace } from './arena.ts';
import type { KubernetesObject } from './kubectl.ts';

interface PodWithAddress extends KubernetesObject {
  readonly status: { readonly podIP?: string };
}

export interface UpstreamPod {
  readonly pod: string;
  readonly address: string;
}

/** The pods of an upstream, for Services whose endpoints the tests write themselves. */
export async function upstreamAddresses({ kubectl }: Arena, name: string): Promise<readonly UpstreamPod[]> {
  const pods = await kubectl.list<PodWithAddress>('pods', arenaNamespace, `app=${name}`);
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => ({ pod: metadata.name, address: status.podIP ?? '' }));
}

/** A Service without a selector and its one EndpointSlice. */
export function serviceWithSlice(
  name: string,
  addresses: readonly string[],
  namespace: string = arenaNamespace,
): readonly object[] {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ name: 'http', port: 80, targetPort: podPorts.upstream }] },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: podPorts.upstream, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
  return [service, slice];
}

/** Where the API server keeps the slice of {@link serviceWithSlice}. */
export function sliceOf(name: string, namespace: string = arenaNamespace): string {
  return `${slicesPath(namespace)}/${name}`;
}

/** Creates both, the Service first. */
export function createServiceWithSlice(name: string, addresses: readonly string[]): readonly ApiCall[] {
  const [service, slice] = serviceWithSlice(name, addresses);
  return [
    { method: 'POST', path: `/api/v1/namespaces/${arenaNamespace}/services`, body: service },
    { method: 'POST', path: slicesPath(arenaNamespace), body: slice },
  ];
}

function slicesPath(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}
