import type { Finding, ParentVerdict, RouteVerdict, RuleVerdict } from '../translate/verdict.ts';

/**
 * Whether two verdicts say the same in a status. Field by field: among ten thousand routes, comparing everything there is would take as
 * long as translating them.
 */
export function sameVerdict(a: RouteVerdict, b: RouteVerdict): boolean {
  if (a === b) return true;
  return (
    a.route.uid === b.route.uid &&
    a.route.generation === b.route.generation &&
    sameList(a.parents, b.parents, sameParent) &&
    sameList(a.rules, b.rules, sameRule)
  );
}

function sameParent(a: ParentVerdict, b: ParentVerdict): boolean {
  return (
    a.parentRef.name === b.parentRef.name &&
    a.parentRef.namespace === b.parentRef.namespace &&
    a.parentRef.sectionName === b.parentRef.sectionName &&
    sameList(a.listeners, b.listeners, (one, other) => one === other) &&
    sameList(
      a.conditions,
      b.conditions,
      (one, other) => one.type === other.type && one.status === other.status && sameFinding(one, other),
    )
  );
}

/** Warnings of a rule stand in its parents' conditions, as far as they last. */
function sameRule(a: RuleVerdict, b: RuleVerdict): boolean {
  return (
    a.id === b.id &&
    a.state === b.state &&
    a.servedGeneration === b.servedGeneration &&
    sameList(a.invalid, b.invalid, sameFinding) &&
    sameList(a.unresolved, b.unresolved, sameFinding) &&
    sameList(a.conflicts, b.conflicts, sameFinding)
  );
}

function sameFinding(a: Finding, b: Finding): boolean {
  return a.reason === b.reason && a.message === b.message;
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean): boolean {
  return a.length === b.length && a.every((one, i) => same(one, b[i] as T));
}
