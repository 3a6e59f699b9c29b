import { defaultPorts } from '@evergate/contract/names';

/** Ports below it belong to root in many clusters, and gateways are not root. */
const FIRST_FREE_PORT = 1024;
const OFFSET = 8000;
const FIRST_SPARE_PORT = 10_000;

/**
 * Where gateways listen, by the port that clients connect to: the same, or 8000 more below 1024 (80 is 8080, 443 is 8443). Where that
 * port is taken, by an earlier listener or by a gateway's own two ports, it is the first free one from 10000 on. A listener that
 * is added at the end thus never moves another.
 */
export function containerPorts(listeners: readonly { readonly port: number }[]): ReadonlyMap<number, number> {
  const chosen = new Map<number, number>();
  const taken = new Set<number>([defaultPorts.status, defaultPorts.admin]);
  for (const { port } of listeners) {
    if (chosen.has(port)) continue;
    const containerPort = freePort(port < FIRST_FREE_PORT ? OFFSET + port : port, taken);
    chosen.set(port, containerPort);
    taken.add(containerPort);
  }
  return chosen;
}

/** A fleet has 64 listeners at most, so that there is one. */
function freePort(wanted: number, taken: ReadonlySet<number>): number {
  if (!taken.has(wanted)) return wanted;
  let port = FIRST_SPARE_PORT;
  while (taken.has(port)) port++;
  return port;
}
