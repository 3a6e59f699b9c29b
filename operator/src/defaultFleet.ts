import { defaultFleetAnnotation } from '@evergate/crds/gatewayFleet';
import type { DefaultFleet } from './config.ts';
import type { ApiClient } from './kube/apiClient.ts';
import { isAlreadyExists } from './kube/apiError.ts';
import { apiVersionOf, gatewayFleets } from './kube/resource.ts';

/**
 * Creates the fleet that comes with an installation, unless there is one of its name: what users made of it since stays. Returns whether
 * it was created.
 */
export async function createDefaultFleet(
  client: Pick<ApiClient, 'create'>,
  namespace: string,
  { name, spec }: DefaultFleet,
  signal?: AbortSignal,
): Promise<boolean> {
  const metadata = { name, namespace, annotations: { [defaultFleetAnnotation]: 'true' } };
  try {
    const object = { apiVersion: apiVersionOf(gatewayFleets), kind: gatewayFleets.kind, metadata, spec };
    await client.create(gatewayFleets, object, {}, signal);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}
