import { defaultPorts } from '@evergate/contract/names';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { networkPolicies } from '../kube/resource.ts';
import { containerPorts } from './containerPorts.ts';
import { fleetObject } from './fleetObject.ts';
import { podSelector } from './labels.ts';

/**
 * Lets everybody reach the ports of the listeners, and the operator and those who read metrics the status port; undefined where the
 * fleet wants none. A node reaches its own pods in any case, so probes work. What gateways connect to stays open: backends may be
 * anywhere.
 */
export function networkPolicy(fleet: GatewayFleet, operatorNamespace: string): KubeObject | undefined {
  const { listeners, networkPolicy: wanted } = fleet.spec;
  if (!wanted.enabled) return undefined;
  const readers = [...new Set([operatorNamespace, ...wanted.metricsFrom])];
  const spec = {
    podSelector: { matchLabels: podSelector(fleet.metadata.name) },
    policyTypes: ['Ingress'],
    ingress: [
      { ports: [...containerPorts(listeners).values()].map(tcp) },
      { from: readers.map(namespaceNamed), ports: [tcp(defaultPorts.status)] },
    ],
  };
  return fleetObject(fleet, networkPolicies, { fields: { spec } });
}

function tcp(port: number): object {
  return { protocol: 'TCP', port };
}

function namespaceNamed(namespace: string): object {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}
