import { routesPartSteps } from '@evergate/contract/parse';
import type { Parsed, Problem } from '@evergate/contract/problem';
import type { BackendSettings, Rule } from '@evergate/contract/routeTable';
import type { CompiledRule } from '../snapshot/snapshot.ts';

/** What is kept of a part of the routes while it is unchanged. */
export interface CompiledPart {
  readonly rules: readonly CompiledRule[];
  readonly backends: readonly BackendSettings[];
  /** Why some rules are left out: a rule that cannot be compiled costs only itself. */
  readonly leftOut: readonly Problem[];
}

export type CompileRule = (rule: Rule) => Parsed<CompiledRule>;

/** Parses and compiles a part of the routes, a step a rule. */
export function* compiledPartSteps(text: string, compileRule: CompileRule): Generator<void, Parsed<CompiledPart>> {
  const parsed = yield* routesPartSteps(text);
  if (!parsed.ok) return parsed;
  const rules: CompiledRule[] = [];
  const leftOut: Problem[] = [];
  for (const rule of parsed.value.rules) {
    const compiled = compileRule(rule);
    if (compiled.ok) rules.push(compiled.value);
    else leftOut.push(...compiled.problems.map(({ path, message }) => ({ path: `${rule.id} ${path}`, message })));
    yield;
  }
  return { ok: true, value: { rules, backends: parsed.value.backends, leftOut }, ignored: parsed.ignored };
}
