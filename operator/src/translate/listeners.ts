import type { FleetListener } from '@evergate/crds/gatewayFleet';
import { anyHostname, coversHostname, intersectHostnames } from './hostnames.ts';

/**
 * The first listener of each port, in the order of the fleet. Listeners of one port differ in their hostnames only, and those are in
 * the rules: in the table, the first one's name stands for the port.
 */
export function portListeners(listeners: readonly FleetListener[]): readonly FleetListener[] {
  const ports = new Set<number>();
  return listeners.filter(({ port }) => {
    const isFirst = !ports.has(port);
    ports.add(port);
    return isFirst;
  });
}

/** Whether routes of `routeNamespace` may attach to a listener of a fleet in `fleetNamespace`. */
export function allowsNamespace(listener: FleetListener, fleetNamespace: string, routeNamespace: string): boolean {
  return listener.allowedRoutes.namespaces.from === 'All' || routeNamespace === fleetNamespace;
}

/**
 * The hosts that a route shares with a listener and that come in there: a host belongs to the most specific listener of its port
 * (Gateway API `Listener.hostname`), or a route of one could take the hosts of another that does not allow it.
 */
export function listenerHostnames(
  listener: FleetListener,
  all: readonly FleetListener[],
  routeHostnames: readonly string[],
): readonly string[] {
  const own = listener.hostname ?? anyHostname;
  const shared = intersectHostnames(own, routeHostnames);
  const narrower = all.flatMap(({ port, hostname }) => {
    if (port !== listener.port || hostname === undefined || hostname === own) return [];
    return coversHostname(own, hostname) ? [hostname] : [];
  });
  return shared.filter((hostname) => !narrower.some((other) => coversHostname(other, hostname)));
}
