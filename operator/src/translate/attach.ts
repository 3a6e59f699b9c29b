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
  const { namespace, name } = fleet.metadata;
  const fleetName = `GatewayFleet ${namespace}/${name}`;
  const position = route.parentRefs.indexOf(parentRef);
  const field = position < 0 ? 'spec.parentRefs' : `spec.parentRefs[${position}]`;
  const refuse = (reason: Finding['reason'], message: string): ParentAttachment => ({
    parentRef,
    taken: [],
    refused: { reason, message: `${field}: ${message}` },
  });

  const { listeners } = fleet.spec;
  const { sectionName } = parentRef;
  const named = listeners.filter((listener) => sectionName === undefined || listener.name === sectionName);
  if (named.length === 0) return refuse('NoMatchingParent', missingListener(fleetName, sectionName, listeners));

  const open = named.filter((listener) => allowsNamespace(listener, namespace, route.identity.namespace));
  if (open.length === 0) return refuse('NotAllowedByListeners', closedListeners(fleetName, namespace, named));

  const taken = open
    .map((listener) => ({ listener, hostnames: listenerHostnames(listener, listeners, route.hostnames) }))
    .filter(({ hostnames }) => hostnames.length > 0);
  if (taken.length === 0) return refuse('NoMatchingListenerHostname', foreignHosts(fleetName, open, route.hostnames));
  return { parentRef, taken };
}

function missingListener(fleet: string, sectionName: string | undefined, listeners: readonly FleetListener[]): string {
  if (listeners.length === 0) return `${fleet} has no valid listeners; correct the fleet`;
  return `${fleet} has no listener ${sectionName}; set sectionName to one of ${names(listeners)}, or leave it out`;
}

function closedListeners(fleet: string, namespace: string, listeners: readonly FleetListener[]): string {
  const whose = `the listeners ${names(listeners)} of ${fleet} take routes of namespace ${namespace} only`;
  return `${whose}; set their allowedRoutes.namespaces.from to All, or move the route there`;
}

function foreignHosts(fleet: string, listeners: readonly FleetListener[], hostnames: readonly string[]): string {
  const accepted = listeners.map(({ name, hostname }) => `${name} (${hostname ?? 'any host'})`).join(', ');
  const shared = `spec.hostnames ${hostnames.join(', ')} share no host with the listeners ${accepted} of ${fleet}`;
  return `${shared}, or a more specific listener of the port takes it; name a host of theirs`;
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
