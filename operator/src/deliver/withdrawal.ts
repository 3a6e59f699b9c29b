import type { Rule } from '@evergate/contract/routeTable';

/**
 * Whether `next` takes something away that `before` serves: a rule, a host or listener of one, a backend. Such a change waits for no
 * budget. Rules that are the same object on both sides are not looked into.
 */
export function withdraws(before: readonly Rule[], next: readonly Rule[]): boolean {
  const after = new Map(next.map((rule) => [rule.id, rule]));
  return before.some((rule) => {
    const now = after.get(rule.id);
    return now === undefined || (now !== rule && losesAny(rule, now));
  });
}

function losesAny(before: Rule, now: Rule): boolean {
  return (
    lacks(now.hostnames, before.hostnames) ||
    lacks(now.listeners, before.listeners) ||
    lacks(backendsIn(now), backendsIn(before)) ||
    lacks(now.matches.map(textOf), before.matches.map(textOf))
  );
}

function backendsIn({ backends }: Rule): readonly (string | null)[] {
  return backends.map(({ backend }) => backend);
}

function lacks<T>(all: readonly T[], wanted: readonly T[]): boolean {
  return wanted.some((one) => !all.includes(one));
}

function textOf(match: Rule['matches'][number]): string {
  return JSON.stringify(match);
}
