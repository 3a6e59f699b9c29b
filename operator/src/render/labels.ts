/** The label whose value is the name of the fleet: what carries it was made for that fleet, and is removed when no longer wanted. */
export const fleetLabel = 'evergate.dev/fleet';

/** What every object of a fleet is labelled with. */
export function fleetLabels(fleet: string): Readonly<Record<string, string>> {
  return { ...podSelector(fleet), 'app.kubernetes.io/managed-by': 'evergate', [fleetLabel]: fleet };
}

/** What tells the pods of a fleet from all others. A Deployment can never change it. */
export function podSelector(fleet: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'evergate-gateway', 'app.kubernetes.io/instance': fleet };
}
