import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { roleBindings, roles, serviceAccounts } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';
import { accountName } from './serviceAccount.ts';

/** Gives the account of the gateways its Role. */
export function roleBinding(fleet: GatewayFleet): KubeObject {
  const { name, namespace } = fleet.metadata;
  const fields = {
    roleRef: { apiGroup: roles.group, kind: roles.kind, name },
    subjects: [{ kind: serviceAccounts.kind, name: accountName(name), namespace }],
  };
  return fleetObject(fleet, roleBindings, { fields });
}
