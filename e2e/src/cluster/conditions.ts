import type { Kubectl, KubernetesObject } from './kubectl.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

interface RouteWithStatus extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly parents?: readonly { readonly conditions: readonly Condition[] }[];
  };
}

/** All conditions of a route that are about its present generation: its own and those of its parents. */
export async function routeConditions(
  kubectl: Kubectl,
  namespace: string,
  name: string,
): Promise<readonly Condition[]> {
  const { metadata, status } = await kubectl.get<RouteWithStatus>('gatewayroute', namespace, name);
  const all = [...(status?.conditions ?? []), ...(status?.parents ?? []).flatMap(({ conditions }) => conditions)];
  return all.filter(({ observedGeneration }) => observedGeneration === metadata.generation);
}
