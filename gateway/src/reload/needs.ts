import type { DocumentOrder, RoutesIndex } from '@evergate/contract/document';
import type { CompiledRule } from '../snapshot/snapshot.ts';

/** The documents that routes rely on, as they are served; null for none. */
export interface Backing {
  readonly endpoints: DocumentOrder | null;
  readonly secrets: DocumentOrder | null;
}

/** Whether the endpoints and secrets that these routes need, or newer ones of the same fleet, are served. */
export function areNeedsMet(routes: RoutesIndex, { endpoints, secrets }: Backing): boolean {
  return isThere(routes, routes.needs.endpoints, endpoints) && isThere(routes, routes.needs.secrets, secrets);
}

/** 0 is no need. A later epoch counts its sequences on from the one before. */
function isThere(routes: RoutesIndex, sequence: number, served: DocumentOrder | null): boolean {
  if (sequence === 0) return true;
  if (served === null || served.fleetUID !== routes.fleetUID || served.epoch < routes.epoch) return false;
  return served.epoch > routes.epoch || served.sequence >= sequence;
}

/** Ids of the rules that have a backend of which nothing is known yet. */
export function rulesWithout(rules: readonly CompiledRule[], isListed: (backend: string) => boolean): string[] {
  const waits = ({ rule }: CompiledRule): boolean =>
    rule.backends.some(({ backend }) => backend !== null && !isListed(backend));
  return rules.filter(waits).map(({ rule }) => rule.id);
}
