import type { RateLimit } from '@evergate/contract/limitSettings';
import type { RateLimitSpec } from '@evergate/crds/rateLimits';
import { milliseconds } from './settings.ts';

/** Brings limits into the table's form. Those with the same `owner` and name count together. */
export function readRateLimits(limits: readonly RateLimitSpec[], owner: string): readonly RateLimit[] {
  return limits.map(({ name, key, requests, window, burst, algorithm, scope, onFailure, dryRun }) => ({
    id: `${owner}/${name}`,
    name,
    key: readKey(key),
    requests,
    windowMs: milliseconds(window),
    burst: burst ?? requests,
    algorithm,
    scope,
    onFailure,
    dryRun,
  }));
}

function readKey({ type, name }: RateLimitSpec['key']): RateLimit['key'] {
  if (name === undefined) return { type };
  return { type, name: type === 'Header' ? name.toLowerCase() : name };
}
