/** Names and ports that the operator (or the cli) and the gateways both rely on. */

/** The three documents a gateway loads. */
export const documentKinds = ['routes', 'endpoints', 'secrets'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** A document's part is written to the slot that the current index does not name. */
export type Slot = 'a' | 'b';

/** The key (file name, ConfigMap key) of a document's index. */
export function indexKey(kind: DocumentKind): string {
  return `${kind}.json`;
}

/** The key (file name, ConfigMap key) of one part in one slot. */
export function partKey(kind: DocumentKind, part: string, slot: Slot): string {
  return `${kind}-${part}-${slot}.json`;
}

/** Identifies a backend, a Service's port: `shop/orders:80`. */
export function backendId(namespace: string, service: string, port: number): string {
  return `${namespace}/${service}:${port}`;
}

export const defaultPorts: Readonly<{ data: number; status: number; admin: number }> = {
  data: 8080,
  status: 9090,
  admin: 9091,
};

/** The prefix of the data port's two health paths, unless the fleet names another. */
export const defaultHealthPrefix = '/.evergate';
