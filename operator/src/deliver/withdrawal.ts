import type { Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import { byId } from './byId.ts';

/**
 * Whether `next` takes something away that `before` serves: a rule, a host or listener of one, a match, a backend. Such a change waits
 * for no budget. A match or backend in the place of another is an edit like any other. Rules that are the same object on both sides are
 * not looked into.
 */
export function withdraws(before: readonly Rule[], next: readonly Rule[]): boolean {
  const after = byId(next);
  return before.some((rule) => {
    const now = after.get(rule.id);
    return now === undefined || (now !== rule && losesAny(rule, now));
  });
}

/** Whether something of the secrets is gone, or another than it was: a key that was taken back opens nothing any more. */
export function revokes(before: readonly SecretEntry[], next: readonly SecretEntry[]): boolean {
  const after = byId(next);
  return before.some(({ id, data }) => {
    const now = after.get(id);
    return now === undefined || Object.entries(data).some(([name, value]) => now.data[name] !== value);
  });
}

function losesAny(before: Rule, now: Rule): boolean {
  return (
    lacks(now.hostnames, before.hostnames) ||
    lacks(now.listeners, before.listeners) ||
    usableBackends(now) < usableBackends(before) ||
    now.matches.length < before.matches.length
  );
}

/** Where a reference leads nowhere, or is not permitted, there is none. */
function usableBackends({ backends }: Rule): number {
  return backends.filter(({ backend }) => backend !== null).length;
}

function lacks<T>(all: readonly T[], wanted: readonly T[]): boolean {
  return wanted.some((one) => !all.includes(one));
}
