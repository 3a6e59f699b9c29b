import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { podDisruptionBudgets } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';
import { podSelector } from './labels.ts';

/** How many gateways drains may take away at once. One that is not ready serves nobody, and never holds up a drain. */
export function podDisruptionBudget(fleet: GatewayFleet): KubeObject {
  const spec = {
    maxUnavailable: fleet.spec.disruption.maxUnavailable,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
    selector: { matchLabels: podSelector(fleet.metadata.name) },
  };
  return fleetObject(fleet, podDisruptionBudgets, { fields: { spec } });
}
