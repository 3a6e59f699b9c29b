import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { serviceAccounts } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';

/** The name of the gateways' account. It is not the fleet's: every namespace has an account `default`, which a fleet may be called. */
export function accountName(fleet: string): string {
  return `${fleet}-gateway`;
}

/** The account of the gateways. Its token is in pods that ask for it, and in no other. */
export function serviceAccount(fleet: GatewayFleet): KubeObject {
  const name = accountName(fleet.metadata.name);
  return fleetObject(fleet, serviceAccounts, { name, fields: { automountServiceAccountToken: false } });
}
