import type { GatewayFleet, GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { apiVersionOf, deployments } from '../kube/resource.ts';
import { fieldManager } from './fieldManagers.ts';

/*
 * `spec.replicas` has one writer at a time. With server-side apply a field that its only owner leaves out is removed, and the API
 * server puts the default there: one replica. So when an autoscaler takes over, the number is first given to a second manager of
 * ours, which applies it once more as it is. From then on it stays until the autoscaler writes another.
 */

/** What our apply says of `spec.replicas`; undefined says nothing, and leaves it to its owner. */
export function appliedReplicas(spec: GatewayFleetSpec, deployment: KubeObject | undefined): number | undefined {
  if (spec.autoscaling === undefined) return spec.replicas;
  if (deployment !== undefined) return undefined;
  return spec.autoscaling.mode === 'Managed' ? spec.autoscaling.minReplicas : spec.replicas;
}

/** The Deployment with its number of replicas alone, to be applied before ours by the other manager; undefined where no one takes over. */
export function replicasHandover(fleet: GatewayFleet, deployment: KubeObject | undefined): KubeObject | undefined {
  if (fleet.spec.autoscaling === undefined || deployment === undefined || !ownsReplicas(deployment)) return undefined;
  const replicas = replicasOf(deployment);
  if (replicas === undefined) return undefined;
  const { name, namespace } = fleet.metadata;
  return {
    apiVersion: apiVersionOf(deployments),
    kind: deployments.kind,
    metadata: { name, namespace },
    spec: { replicas },
  };
}

function replicasOf(deployment: KubeObject): number | undefined {
  const replicas = field(deployment['spec'], 'replicas');
  return typeof replicas === 'number' ? replicas : undefined;
}

function ownsReplicas({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some(
    (entry) =>
      field(entry, 'manager') === fieldManager &&
      field(entry, 'operation') === 'Apply' &&
      field(field(field(entry, 'fieldsV1'), 'f:spec'), 'f:replicas') !== undefined,
  );
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
