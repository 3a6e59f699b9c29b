import type { ParentRef } from '@evergate/crds/gatewayRoute';
import { fleetsNamedBy } from '../interest.ts';
import type { KubeObject } from '../kube/kubeObject.ts';
import type { UnattachedRef } from './routeStatus.ts';

export interface KnownFleets {
  /** `<namespace>/<name>` of each. */
  readonly fleets: ReadonlySet<string>;
  readonly defaultFleet: string | undefined;
  /** Whether fleets of a namespace are ours; of others we know nothing. */
  readonly isOurs: (namespace: string) => boolean;
}

/** The references of a route that lead to no fleet, and what to do about each. */
export function unattachedRefs(route: KubeObject, known: KnownFleets): readonly UnattachedRef[] {
  const named = fleetsNamedBy(route);
  const names = [...known.fleets].sort().slice(0, 5).join(', ') || 'none';
  if (named.length === 0) {
    if (known.defaultFleet !== undefined) return [];
    const missing = 'is missing, and there is not exactly one default GatewayFleet';
    const remedy = `name one of ${names}, or annotate one of them with evergate.dev/is-default-fleet: "true"`;
    return [{ finding: { reason: 'NoDefaultFleet', message: `spec.parentRefs: ${missing}; ${remedy}` } }];
  }
  return named.flatMap((fleet, position) => {
    const [namespace = ''] = fleet.split('/');
    if (known.fleets.has(fleet) || !known.isOurs(namespace)) return [];
    const message = `spec.parentRefs[${position}]: GatewayFleet ${fleet} does not exist; create it, or name one of ${names}`;
    return [{ parentRef: parentRefsOf(route)[position], finding: { reason: 'NoMatchingParent', message } }];
  });
}

/** The parents that a route names. The API server has validated it. */
export function parentRefsOf(route: KubeObject): readonly ParentRef[] {
  const { parentRefs = [] } = (route['spec'] ?? {}) as { readonly parentRefs?: readonly ParentRef[] };
  return parentRefs;
}
