import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { apiVersionOf, type Resource } from '../kube/resource.ts';
import { fleetLabels } from './labels.ts';

/** Everything beside `metadata`, and of that the annotations, and a name where it is not the fleet's. */
export interface Content {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** As much of a fleet as names it. */
export interface FleetReference extends Pick<GatewayFleet, 'apiVersion' | 'kind'> {
  readonly metadata: Pick<GatewayFleet['metadata'], 'namespace' | 'name' | 'uid'>;
}

/**
 * An object of the fleet, named and labelled after it, which the cluster removes with it. The reference does not block the fleet's
 * deletion: that would need a right over the finalizers of fleets.
 */
export function fleetObject(
  fleet: FleetReference,
  resource: Resource,
  { name: ownName, annotations = {}, fields }: Content,
): KubeObject {
  const { name, namespace, uid } = fleet.metadata;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      name: ownName ?? name,
      namespace,
      labels: fleetLabels(name),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [{ apiVersion: fleet.apiVersion, kind: fleet.kind, name, uid, controller: true }],
    },
    ...fields,
  };
}
