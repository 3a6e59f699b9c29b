/** Names and ports that the operator (or the cli) and the gateways both rely on. */

/** The three documents a gateway loads. */
export const documentKinds = ['routes', 'endpoints', 'secrets'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** A document's part is written to the slot that the current index does not name. */
export const slots = ['a', 'b'] as const;
export type Slot = (typeof slots)[number];

/** How a part's text is stored where it is not stored as it is. */
export type PartEncoding = 'gzip';

/** A document has this many parts at most, so that everything a fleet may ever have is named in advance. */
export const MAX_PARTS = 16;

/** The names a part can have. */
export const partNames: readonly string[] = Array.from({ length: MAX_PARTS }, (_, part) => part.toString(16));

/** The kinds whose parts stand in objects of their own. The secrets are one part, always inside their index. */
export const shardedKinds = ['routes', 'endpoints'] as const;

/** A part in one of its slots. */
export interface PartSlot {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly slot: Slot;
}

/** The key (file name, ConfigMap key) of a document's index. */
export function indexKey(kind: DocumentKind): string {
  return `${kind}.json`;
}

/** The key (file name, ConfigMap key) of one part in one slot. What is encoded has another key, so that none is taken for the other. */
export function partKey(kind: DocumentKind, part: string, slot: Slot, encoding?: PartEncoding): string {
  return `${kind}-${part}-${slot}.json${encoding === 'gzip' ? '.gz' : ''}`;
}

/** The ConfigMap, or for secrets the Secret, that holds a document's index under `indexKey`. */
export function indexObjectName(fleet: string, kind: DocumentKind): string {
  return `${fleet}-${kind}`;
}

/** The ConfigMap that holds a part in one of its slots under `partKey`: text in `data`, what is encoded in `binaryData`. */
export function partObjectName(fleet: string, kind: DocumentKind, part: string, slot: Slot): string {
  return `${fleet}-${kind}-${part}-${slot}`;
}

/** Every part that a fleet may ever have as an object: what its gateways may read, and mount. */
export function everyPartSlot(): readonly PartSlot[] {
  return shardedKinds.flatMap((kind) => partNames.flatMap((name) => slots.map((slot) => ({ kind, name, slot }))));
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
