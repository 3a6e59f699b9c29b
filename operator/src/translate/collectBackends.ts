import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings, Rule } from '@evergate/contract/routeTable';
import type { Backends } from './backends.ts';
import type { Policies } from './policies.ts';
import { backendsOf } from './rules.ts';

export interface CollectedBackends {
  readonly backends: readonly BackendSettings[];
  readonly endpoints: readonly BackendEndpoints[];
}

/** Everything about the backends that the rules in the table use, and no others, in the order of their ids. */
export function collectBackends(
  rules: readonly Rule[],
  find: Backends['find'],
  settingsOf: Policies['settingsOf'],
): CollectedBackends {
  const ids = [...new Set(rules.flatMap(backendsOf))].sort();
  const found = ids.flatMap((id) => find(id) ?? []);
  return {
    backends: found.map(({ endpoints, service }) => settingsOf(endpoints.id, service)),
    endpoints: found.map(({ endpoints }) => endpoints),
  };
}
