import { servicesNamedBy } from './interest.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { secretsNamedBy } from './translate/secretRefs.ts';
import type { World } from './world.ts';

/** How long a new route waits for what it names to be heard of. */
export const SETTLING_MS = 1_000;

/**
 * Whether a route that is new names a Service of which nothing, or no endpoint, has been heard yet, or a Secret of which nothing has. Kinds
 * are watched one by one, so the news of a route may come before that of a backend that was there first; served at once, its first requests
 * would fail. Until then it is not there: 404, then 200.
 */
export function isUnsettled(route: KubeObject, heardAt: number | undefined, world: Known, nowMs: number): boolean {
  if (heardAt === undefined || nowMs - heardAt >= SETTLING_MS) return false;
  return lacksBackend(route, world) || lacksSecret(route, world);
}

type Known = Pick<World, 'services' | 'slicesOf' | 'secrets' | 'secretNamespaces' | 'unreadNamespaces'>;

function lacksBackend(route: KubeObject, world: Known): boolean {
  return servicesNamedBy(route).some((key) => {
    const service = world.services.get(key);
    return service === undefined || (service.spec.type !== 'ExternalName' && world.slicesOf(key).length === 0);
  });
}

/** Where none may be read there is nothing to wait for. */
function lacksSecret(route: KubeObject, { secrets, secretNamespaces, unreadNamespaces }: Known): boolean {
  const { namespace = '' } = route.metadata;
  if (!secretNamespaces.includes(namespace) || unreadNamespaces.includes(namespace)) return false;
  return secretsNamedBy(route).some((key) => !secrets.has(key));
}
