import type { EndpointSlice, ReferenceGrant, Secret, Service } from '@evergate/crds/kubernetes';
import type { LiveObject } from './apply/applier.ts';
import { fleetsNamedBy, targetsOf } from './interest.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { claimsDefault } from './translate/fleet.ts';

/**
 * What the operator knows of the cluster. Objects are never changed: one whose specification is as it was is the same object still.
 * Keys are `<namespace>/<name>`.
 */
export interface World {
  readonly routes: ReadonlyMap<string, KubeObject>;
  readonly fleets: ReadonlyMap<string, KubeObject>;
  readonly policies: ReadonlyMap<string, KubeObject>;
  readonly services: ReadonlyMap<string, Service>;
  readonly referenceGrants: ReadonlyMap<string, ReferenceGrant>;
  /** Those that fleets and routes may name. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Where Secrets may be read at all. */
  readonly secretNamespaces: readonly string[];
  /** Those of them whose Secrets are not known yet. */
  readonly unreadNamespaces: readonly string[];
  /** The slices of a Service. */
  slicesOf(service: string): readonly EndpointSlice[];
  /** The pods of a fleet. */
  podsOf(fleet: string): readonly KubeObject[];
  /** Everything that bears the fleet's label but its documents. */
  ownedBy(fleet: string): readonly LiveObject[];
}

/** The fleet that routes without `parentRefs` are for: the one that claims it, where exactly one does. */
export function defaultFleetOf({ fleets }: Pick<World, 'fleets'>): string | undefined {
  const claiming = [...fleets].filter(([, fleet]) => claimsDefault(fleet));
  return claiming.length === 1 ? claiming[0]?.[0] : undefined;
}

/** The routes that are for a fleet. */
export function routesFor(world: Pick<World, 'routes' | 'fleets'>, fleet: string): readonly KubeObject[] {
  const isDefault = defaultFleetOf(world) === fleet;
  return [...world.routes.values()].filter((route) => {
    const named = fleetsNamedBy(route);
    return named.length === 0 ? isDefault : named.includes(fleet);
  });
}

/** The Services that policies are about. */
export function policyTargets({ policies }: Pick<World, 'policies'>): readonly string[] {
  return [...policies.values()].flatMap(targetsOf);
}
