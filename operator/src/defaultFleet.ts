import type { ApiClient } from './kube/apiClient.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { gatewayFleets } from './kube/resource.ts';
import { fieldManager } from './render/fieldManagers.ts';

/** Makes the fleet that comes with an installation as that says. Fields it says nothing of stay as users set them. */
export async function applyDefaultFleet(
  client: Pick<ApiClient, 'apply'>,
  fleet: KubeObject,
  signal?: AbortSignal,
): Promise<void> {
  await client.apply(gatewayFleets, fleet, { fieldManager, force: true }, signal);
}
