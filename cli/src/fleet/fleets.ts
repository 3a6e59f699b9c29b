import { defaultFleetAnnotation } from '@evergate/crds/gatewayFleet';
import { apiVersion } from '@evergate/crds/objectMeta';
import type { Contents } from '../manifests/catalogue.ts';
import { deriveUid } from '../manifests/manifest.ts';

/** A fleet that routes may attach to. */
export interface LocalFleet {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The GatewayFleet as it was written. */
  readonly object: object;
  /** Routes without `parentRefs` are for it. */
  readonly isDefault: boolean;
}

/** The fleet of whoever writes none: it takes the routes of every namespace. */
const assumedFleet: LocalFleet = {
  namespace: 'default',
  name: 'default',
  uid: deriveUid('GatewayFleet', 'default', 'default'),
  object: {
    apiVersion,
    kind: 'GatewayFleet',
    metadata: { namespace: 'default', name: 'default', uid: deriveUid('GatewayFleet', 'default', 'default') },
    spec: { listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }] },
  },
  isDefault: true,
};

/** The fleets among the files; where there is none, the one that is assumed then. As in a cluster, only a single fleet can be the default. */
export function fleetsOf({ manifests }: Contents): readonly LocalFleet[] {
  const written = [...manifests.values()].flatMap(({ manifest }) =>
    manifest.kind === 'GatewayFleet' ? [manifest] : [],
  );
  if (written.length === 0) return [assumedFleet];
  const claims = written.map(({ object }) => claimsDefault(object));
  const isUndisputed = claims.filter((claim) => claim).length === 1;
  return written.map(({ namespace, name, object }, i) => ({
    namespace,
    name,
    uid: deriveUid('GatewayFleet', namespace, name),
    object,
    isDefault: isUndisputed && claims[i] === true,
  }));
}

/** The fleet to serve: the one asked for (`namespace/name`), else the default one, else the only one. Else what to do about it. */
export function chooseFleet(fleets: readonly LocalFleet[], wanted?: string): LocalFleet | { readonly problem: string } {
  const names = fleets.map((fleet) => fleetName(fleet)).join(', ');
  if (wanted !== undefined) {
    const found = fleets.find((fleet) => fleetName(fleet) === wanted);
    return found ?? { problem: `there is no GatewayFleet ${wanted}; name one of ${names} with --fleet` };
  }
  const chosen = fleets.find(({ isDefault }) => isDefault) ?? (fleets.length === 1 ? fleets[0] : undefined);
  return (
    chosen ?? { problem: `there are several GatewayFleets and none is the default; name one of ${names} with --fleet` }
  );
}

export function fleetName({ namespace, name }: Pick<LocalFleet, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

function claimsDefault(fleet: object): boolean {
  const annotations: unknown = fieldOf(fieldOf(fleet, 'metadata'), 'annotations');
  return fieldOf(annotations, defaultFleetAnnotation) === 'true';
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
