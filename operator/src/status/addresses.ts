import type { GatewayFleetStatus } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';

type Addresses = NonNullable<GatewayFleetStatus['addresses']>;

interface ServiceFields {
  readonly spec?: { readonly clusterIPs?: readonly string[]; readonly type?: string };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** Where clients reach a Service: at its load balancer where it has one, else inside the cluster. At most 16. */
export function addressesOf(service: KubeObject | undefined): Addresses {
  const { spec, status } = (service ?? {}) as ServiceFields;
  const outside = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }): Addresses => {
    if (ip !== undefined) return [{ type: 'IPAddress', value: ip }];
    return hostname === undefined ? [] : [{ type: 'Hostname', value: hostname }];
  });
  if (outside.length > 0 || spec?.type === 'LoadBalancer') return outside.slice(0, 16);
  const inside = (spec?.clusterIPs ?? []).filter((address) => address !== 'None');
  return inside.map((value) => ({ type: 'IPAddress' as const, value }));
}
