import { serviceNameLabel } from '@evergate/crds/kubernetes';
import type { KubeObject } from './kube/kubeObject.ts';

/*
 * Which objects concern one another, read from objects as they are written, valid or not: what is missed here would go unseen, so in
 * doubt an object concerns. Pure; `<namespace>/<name>` names an object.
 */

const fleetsOfRoutes = new WeakMap<KubeObject, readonly string[]>();

/** The fleets that a route names; empty where it is for the default one. Looked for once an object, which must not change afterwards. */
export function fleetsNamedBy(route: KubeObject): readonly string[] {
  const known = fleetsOfRoutes.get(route) ?? collectFleets(route);
  fleetsOfRoutes.set(route, known);
  return known;
}

function collectFleets(route: KubeObject): readonly string[] {
  const namespace = route.metadata.namespace ?? '';
  const refs = listOf(fieldOf(route['spec'], 'parentRefs'));
  return refs.map((ref) => `${String(fieldOf(ref, 'namespace') ?? namespace)}/${String(fieldOf(ref, 'name'))}`);
}

const servicesOfObjects = new WeakMap<object, readonly string[]>();

/** The Services that a route, or a fleet, names anywhere in its spec. Looked for once an object, which must not change afterwards. */
export function servicesNamedBy(object: Naming): readonly string[] {
  const known = servicesOfObjects.get(object);
  if (known !== undefined) return known;
  const found = new Set<string>();
  collectRefs(object.spec, object.metadata.namespace ?? '', found, 0);
  const services = [...found];
  servicesOfObjects.set(object, services);
  return services;
}

/** As it was written, or as it was read. */
interface Naming {
  readonly metadata: { readonly namespace?: string | undefined };
  readonly spec?: unknown;
}

/** A backend reference stands in a rule, in one of its filters, or in a policy within: all are called so. */
function collectRefs(value: unknown, namespace: string, found: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 12) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === 'backendRef' || field === 'backendRefs') {
      for (const ref of Array.isArray(inner) ? inner : [inner]) {
        found.add(`${String(fieldOf(ref, 'namespace') ?? namespace)}/${String(fieldOf(ref, 'name'))}`);
      }
    }
    collectRefs(inner, namespace, found, depth + 1);
  }
}

/** The Services that a policy is about. */
export function targetsOf(policy: KubeObject): readonly string[] {
  const refs = listOf(fieldOf(policy['spec'], 'targetRefs'));
  return refs.map((ref) => `${policy.metadata.namespace ?? ''}/${String(fieldOf(ref, 'name'))}`);
}

/** The Service that an EndpointSlice belongs to. */
export function serviceOfSlice(slice: {
  readonly metadata: Pick<KubeObject['metadata'], 'namespace' | 'labels'>;
}): string {
  return `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
