/** The hostname pattern that stands for every host. */
export const anyHostname = '*';

/**
 * Whether every host that `inner` stands for is one that `outer` stands for. As in Gateway API, a wildcard stands for one label or
 * more: `*.example.com` covers `a.b.example.com` and not `example.com`.
 */
export function coversHostname(outer: string, inner: string): boolean {
  if (outer === anyHostname || outer === inner) return true;
  return outer.startsWith('*.') && inner.endsWith(outer.slice(1));
}

/**
 * The hosts that a listener and a route share (Gateway API `HTTPRoute.hostnames`): each as the more specific of the two patterns, in
 * the route's order, each once. Empty where they share none. Who takes every host names `anyHostname`.
 */
export function intersectHostnames(listener: string, route: readonly string[]): readonly string[] {
  const shared = route.flatMap((hostname) => {
    if (coversHostname(listener, hostname)) return [hostname];
    return coversHostname(hostname, listener) ? [listener] : [];
  });
  return [...new Set(shared)];
}
