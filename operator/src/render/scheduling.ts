import type { GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import { podSelector } from './labels.ts';

const zone = 'topology.kubernetes.io/zone';
const node = 'kubernetes.io/hostname';

/**
 * Spreads the pods over zones and nodes. The same whatever the cluster looks like: a template that followed the number of
 * its nodes would replace every gateway whenever one joins. Each version of the pods is spread on its own, or a rollout would leave the new
 * ones where the old ones had left room.
 */
export function scheduling(fleet: string, spread: GatewayFleetSpec['spread']): object {
  const labelSelector = { matchLabels: podSelector(fleet) };
  return {
    topologySpreadConstraints: [zone, node].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: spread === 'Strict' ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector,
      matchLabelKeys: ['pod-template-hash'],
    })),
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [node, zone].map((topologyKey, at) => ({
          weight: at === 0 ? 100 : 50,
          podAffinityTerm: { topologyKey, labelSelector },
        })),
      },
    },
  };
}
