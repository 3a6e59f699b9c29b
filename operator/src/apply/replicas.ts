import type { KubeObject } from '../kube/kubeObject.ts';

/**
 * Whether the number of replicas in a Deployment is another's: then it must not be in what we apply. While it is ours alone it must stay
 * there, because a field that its only owner stops applying falls back to its default, which is one pod.
 */
export function othersOwnReplicas({ metadata }: KubeObject, ourManager: string): boolean {
  return (metadata.managedFields ?? []).some((entry) => {
    const { manager, fieldsV1 } = entry as { readonly manager?: string; readonly fieldsV1?: unknown };
    return manager !== ourManager && ownsReplicas(fieldsV1);
  });
}

function ownsReplicas(fields: unknown): boolean {
  const spec = fieldOf(fields, 'f:spec');
  return fieldOf(spec, 'f:replicas') !== undefined;
}

export function replicasOf(deployment: KubeObject): number | undefined {
  const replicas = fieldOf(deployment['spec'], 'replicas');
  return typeof replicas === 'number' ? replicas : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
