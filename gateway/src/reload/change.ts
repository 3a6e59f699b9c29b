import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** A document to be swapped in, at once and whole. */
export type Change =
  | { readonly kind: 'routes'; readonly snapshot: Snapshot; readonly backends: readonly BackendSettings[] }
  /** An entry that is the same object as before has not changed. */
  | { readonly kind: 'endpoints'; readonly backends: readonly BackendEndpoints[]; readonly gateways: number }
  | { readonly kind: 'secrets'; readonly secrets: readonly SecretEntry[] };
