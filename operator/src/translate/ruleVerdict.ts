import type { Backends } from './backends.ts';
import type { SettledRules } from './conflicts.ts';
import { backendsOf } from './rules.ts';
import type { ServedRule } from './serve.ts';
import type { RuleVerdict, Warning } from './verdict.ts';

/** Sums up what became of a rule once conflicts are settled. */
export function ruleVerdict(served: ServedRule, settled: SettledRules, find: Backends['find']): RuleVerdict {
  const { source, read, rules } = served;
  const inTable = rules.filter(({ id }) => settled.ids.has(id));
  const state = served.isLastGood ? 'LastKnownGood' : 'Serving';
  return {
    id: source.id,
    name: source.name,
    position: source.position,
    state: inTable.length === 0 || served.closed !== undefined ? 'NotServed' : state,
    servedGeneration: served.closed === undefined ? inTable[0]?.route.generation : undefined,
    invalid: served.closed === undefined ? read.invalid : [...read.invalid, served.closed],
    unresolved: read.unresolved.map(({ finding }) => finding),
    conflicts: rules.flatMap(({ id }) => settled.lost.get(id) ?? []),
    warnings: [...served.warnings, ...(inTable[0] === undefined ? [] : warnOfBackends(backendsOf(inTable[0]), find))],
  };
}

function warnOfBackends(ids: readonly string[], find: Backends['find']): readonly Warning[] {
  return ids.flatMap((id) => find(id)?.warnings ?? []);
}
