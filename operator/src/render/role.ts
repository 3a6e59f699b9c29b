import { everyPartSlot, indexObjectName, partObjectName } from '@evergate/contract/names';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { roles } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';

/** What gateways may do: watch the indexes and the Secret of their fleet, and read its parts, all of them by name. */
export function role(fleet: GatewayFleet): KubeObject {
  const { name } = fleet.metadata;
  const indexes = [indexObjectName(name, 'routes'), indexObjectName(name, 'endpoints')];
  const parts = everyPartSlot().map((part) => partObjectName(name, part.kind, part.name, part.slot));
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: indexes, verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: parts, verbs: ['get'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [indexObjectName(name, 'secrets')],
      verbs: ['get', 'list', 'watch'],
    },
  ];
  return fleetObject(fleet, roles, { fields: { rules } });
}
