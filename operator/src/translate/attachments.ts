import type { ParentRef } from '@evergate/crds/gatewayRoute';
import type { ObjectMeta } from '@evergate/crds/objectMeta';
import { claimsDefault } from './fleet.ts';
import { type RouteSource, readRoute } from './validate.ts';
import type { Finding, ParentVerdict, RouteVerdict } from './verdict.ts';

/** All that is asked of a fleet here: a broken one is a parent too. */
export interface NamedFleet {
  readonly metadata: Pick<ObjectMeta, 'namespace' | 'name' | 'annotations'>;
}

export interface Attachments<F extends NamedFleet> {
  /** The fleet for routes without `parentRefs`: the one that is annotated so, where exactly one is. */
  readonly defaultFleet?: F | undefined;
  /** Routes with a parent that no fleet answers for, and those parents only. */
  readonly unattached: readonly RouteVerdict[];
}

/** Finds what no single fleet can know: which one is the default, and which routes name a fleet that does not exist. */
export function attachments<F extends NamedFleet>(routes: readonly unknown[], fleets: readonly F[]): Attachments<F> {
  const claimants = fleets.filter(claimsDefault);
  const defaultFleet = claimants.length === 1 ? claimants[0] : undefined;
  const names = new Set(fleets.map(nameOf));
  const unattached = routes
    .map((object) => readRoute(object))
    .flatMap((route) => {
      const parents = defaultFleet === undefined && route.parentRefs.length === 0 ? [withoutDefault(claimants)] : [];
      const verdicts = [...parents, ...missingParents(route, names)];
      return verdicts.length === 0 ? [] : [{ route: route.identity, parents: verdicts, rules: [] }];
    });
  return { defaultFleet, unattached };
}

function withoutDefault(claimants: readonly NamedFleet[]): ParentVerdict {
  const annotation = 'evergate.dev/is-default-fleet: "true"';
  const message =
    claimants.length === 0
      ? `spec.parentRefs: the route names no fleet, and none is the default; name one, or annotate one with ${annotation}`
      : `spec.parentRefs: the route names no fleet, and ${claimants.map(nameOf).join(', ')} are all annotated with ${annotation}; name one, or leave the annotation on one`;
  return refuse({ name: 'default' }, { reason: 'NoDefaultFleet', message });
}

function missingParents({ parentRefs, identity }: RouteSource, names: ReadonlySet<string>): readonly ParentVerdict[] {
  return parentRefs.flatMap((ref, position) => {
    const name = `${ref.namespace ?? identity.namespace}/${ref.name}`;
    if (names.has(name)) return [];
    const message = `spec.parentRefs[${position}]: GatewayFleet ${name} does not exist; create it or correct the name`;
    return [refuse(ref, { reason: 'NoMatchingParent', message })];
  });
}

function refuse(parentRef: ParentRef, finding: Finding): ParentVerdict {
  return { parentRef, listeners: [], conditions: [{ type: 'Accepted', status: 'False', ...finding }] };
}

function nameOf({ metadata }: NamedFleet): string {
  return `${metadata.namespace}/${metadata.name}`;
}
