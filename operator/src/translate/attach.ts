import { compareHostnames } from '@evergate/contract/precedence';
import type { FleetListener, GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { ParentRef } from '@evergate/crds/gatewayRoute';
import { allowsNamespace, listenerHostnames, portListeners } from './listeners.ts';
import type { RouteSource } from './validate.ts';
import type { Finding } from './verdict.ts';

/** Where the rules of a route stand in the table: on these listeners, for these hosts. */
export interface Binding {
  readonly listeners: readonly string[];
  /** Most specific first. */
  readonly hostnames: readonly string[];
}

export interface ParentAttachment {
  readonly parentRef: ParentRef;
  /** The fleet's listeners that took the route, with the hosts they share with it; empty where it was refused. */
  readonly taken: readonly TakenBy[];
  readonly refused?: Finding | undefined;
}

export interface TakenBy {
  readonly listener: FleetListener;
  readonly hostnames: readonly string[];
}

export interface Attachment {
  /** One entry for each of the route's references to the fleet; empty where it is for other fleets. */
  readonly parents: readonly ParentAttachment[];
  /** Empty where no listener took the route; else each listener in one binding. */
  readonly bindings: readonly Binding[];
}

/** Finds the listeners of a fleet that take a route, and the hosts they share with it. */
export function attach(route: RouteSource, fleet: GatewayFleet, isDefault: boolean): Attachment {
  const parents = parentRefsTo(route, fleet, isDefault).map((parentRef) => attachParent(route, parentRef, fleet));
  const taken = parents.flatMap((parent) => parent.taken);
  return { parents, bindings: taken.length === 0 ? [] : bind(taken, portListeners(fleet.spec.listeners)) };
}

function parentRefsTo(route: RouteSource, fleet: GatewayFleet, isDefault: boolean): readonly ParentRef[] {
  const { name, namespace } = fleet.metadata;
  if (route.parentRefs.length === 0) return isDefault ? [{ name, namespace }] : [];
  return route.parentRefs.filter(
    (ref) => ref.name === name && (ref.namespace ?? route.identity.namespace) === namespace,
  );
}

function attachParent(route: RouteSource, parentRef: ParentRef, fleet: GatewayFleet): ParentAttachment {
  const { listeners } = fleet.spec;
  const { namespace } = fleet.metadata;
  const { sectionName } = parentRef;
  const refuse = (refused: Finding): ParentAttachment => ({ parentRef, taken: [], refused });

  const named = listeners.filter((listener) => sectionName === undefined || listener.name === sectionName);
  if (named.length === 0) return refuse(missingListener(parentField(route, parentRef), parentRef, fleet));

  const open = named.filter((listener) => allowsNamespace(listener, namespace, route.identity.namespace));
  if (open.length === 0) return refuse(closedListeners(parentField(route, parentRef), named, fleet));

  const taken = open
    .map((listener) => ({ listener, hostnames: listenerHostnames(listener, listeners, route.hostnames) }))
    .filter(({ hostnames }) => hostnames.length > 0);
  return taken.length === 0 ? refuse(foreignHosts(route.hostnames, open, fleet)) : { parentRef, taken };
}

function parentField(route: RouteSource, parentRef: ParentRef): string {
  const position = route.parentRefs.indexOf(parentRef);
  return position < 0 ? 'spec.parentRefs' : `spec.parentRefs[${position}]`;
}

function missingListener(field: string, { sectionName }: ParentRef, { metadata, spec }: GatewayFleet): Finding {
  const fleet = `GatewayFleet ${metadata.namespace}/${metadata.name}`;
  const missing =
    spec.listeners.length === 0
      ? `${fleet} has no valid listener; correct the fleet`
      : `${fleet} has no listener ${sectionName}; set sectionName to one of ${names(spec.listeners)}, or leave it out`;
  return { reason: 'NoMatchingParent', message: `${field}: ${missing}` };
}

function closedListeners(field: string, listeners: readonly FleetListener[], { metadata }: GatewayFleet): Finding {
  const { namespace, name } = metadata;
  const closed = `GatewayFleet ${namespace}/${name} takes routes of namespace ${namespace} only on ${names(listeners)}`;
  const remedy = 'set allowedRoutes.namespaces.from to All there, or move the route';
  return { reason: 'NotAllowedByListeners', message: `${field}: ${closed}; ${remedy}` };
}

function foreignHosts(hostnames: readonly string[], listeners: readonly FleetListener[], fleet: GatewayFleet): Finding {
  const { namespace, name } = fleet.metadata;
  const accepted = listeners.map((listener) => `${listener.name} (${listener.hostname ?? 'any host'})`).join(', ');
  const foreign = `found ${hostnames.join(', ')}, no host of the listeners ${accepted} of GatewayFleet ${namespace}/${name}`;
  const remedy = 'name one of theirs that no more specific listener of the same port takes';
  return { reason: 'NoMatchingListenerHostname', message: `spec.hostnames: ${foreign}; ${remedy}` };
}

function names(listeners: readonly FleetListener[]): string {
  return listeners.map(({ name }) => name).join(', ');
}

/** Ports that share all their hosts share a binding, so that nearly every rule stands in the table once. */
function bind(taken: readonly TakenBy[], ports: readonly FleetListener[]): readonly Binding[] {
  const bindings = new Map<string, { listeners: string[]; hostnames: readonly string[] }>();
  for (const { name, port } of ports) {
    const ofPort = taken.filter(({ listener }) => listener.port === port);
    const hostnames = [...new Set(ofPort.flatMap((one) => one.hostnames))].sort(compareHostnames);
    if (hostnames.length === 0) continue;
    const key = hostnames.join(' ');
    const binding = bindings.get(key);
    if (binding === undefined) bindings.set(key, { listeners: [name], hostnames });
    else binding.listeners.push(name);
  }
  return [...bindings.values()];
}
