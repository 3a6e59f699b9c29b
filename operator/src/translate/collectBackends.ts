import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings, Rule } from '@evergate/contract/routeTable';
import type { Backends } from './backends.ts';
import type { Policies } from './policies.ts';
import { backendsOf } from './rules.ts';

export interface CollectedBackends {
  readonly backends: readonly BackendSettings[];
  readonly endpoints: readonly BackendEndpoints[];
}

/** Everything about the backends that the rules in the table use, their fallbacks included, and no others, in the order of their ids. */
export function collectBackends(
  rules: readonly Rule[],
  /** Those that the fleet itself needs. */
  ofFleet: readonly string[],
  find: Backends['find'],
  settingsOf: Policies['settingsOf'],
): CollectedBackends {
  const settings = new Map<string, BackendSettings>();
  const collect = (id: string): void => {
    const found = settings.has(id) ? undefined : find(id);
    if (found === undefined) return;
    const own = settingsOf(id, found.service);
    settings.set(id, own);
    const fallback = own.circuitBreaker?.fallback;
    if (fallback?.type === 'Backend') collect(fallback.backend);
  };
  for (const id of new Set([...ofFleet, ...rules.flatMap(backendsOf)])) collect(id);
  const ids = [...settings.keys()].sort();
  return {
    backends: ids.flatMap((id) => settings.get(id) ?? []),
    endpoints: ids.flatMap((id) => find(id)?.endpoints ?? []),
  };
}
