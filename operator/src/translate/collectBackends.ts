import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings, Rule } from '@evergate/contract/routeTable';
import { parseBackendId, type ResolveBackend, resolveId } from './backends.ts';
import type { Policies } from './policies.ts';
import { backendsOf } from './rules.ts';

export interface CollectedBackends {
  readonly backends: readonly BackendSettings[];
  readonly endpoints: readonly BackendEndpoints[];
}

/** Everything about the backends that the rules in the table use, and no others, in the order of their ids. */
export function collectBackends(
  rules: readonly Rule[],
  resolve: ResolveBackend,
  settingsOf: Policies['settingsOf'],
): CollectedBackends {
  const ids = [...new Set(rules.flatMap(backendsOf))].sort();
  return {
    backends: ids.map((id) => settingsOf(id, serviceOf(id))),
    endpoints: ids.map((id) => resolveId(id, resolve)?.endpoints ?? { id, endpoints: [] }),
  };
}

function serviceOf(id: string): string {
  const ref = parseBackendId(id);
  return `${ref?.namespace}/${ref?.name}`;
}
