import type { ApiClient } from '../../src/kube/apiClient.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { deployments } from '../../src/kube/resource.ts';

/** The replicas of every version of a namespace's Deployments from then on, until the signal. */
export async function recordReplicas(
  client: ApiClient,
  from: { readonly namespace: string; readonly resourceVersion: string | undefined },
  signal: AbortSignal,
  seen: number[],
): Promise<void> {
  try {
    for await (const event of client.watch(deployments, { ...from, timeoutSeconds: 60 }, signal)) {
      if (event.type === 'ADDED' || event.type === 'MODIFIED') seen.push(replicasOf(event.object));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export function replicasOf(object: KubeObject): number {
  return (object['spec'] as { readonly replicas: number }).replicas;
}

/** Who applied the number of replicas. */
export function managersOfReplicas({ metadata }: KubeObject): readonly string[] {
  const managers = (metadata.managedFields ?? []) as readonly { manager: string; fieldsV1?: Record<string, object> }[];
  return managers.filter(({ fieldsV1 }) => 'f:replicas' in (fieldsV1?.['f:spec'] ?? {})).map(({ manager }) => manager);
}
