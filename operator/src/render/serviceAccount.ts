import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { serviceAccounts } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';

/** The account of the gateways. Its token is in pods that ask for it, and in no other. */
export function serviceAccount(fleet: GatewayFleet): KubeObject {
  return fleetObject(fleet, serviceAccounts, { fields: { automountServiceAccountToken: false } });
}
