import { hash } from 'node:crypto';
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
  /** The rules by what they were made of: what the next version of the part says again is neither validated nor compiled anew. */
  readonly byDigest: ReadonlyMap<string, CompiledRule>;
}

export type CompileRule = (rule: Rule) => Parsed<CompiledRule>;

/**
 * Parses and compiles a part of the routes, a step a rule. What stands in `former`, the part of the same name that is served, is taken over
 * from there.
 */
export function* compiledPartSteps(
  text: string,
  compileRule: CompileRule,
  former?: CompiledPart,
): Generator<void, Parsed<CompiledPart>> {
  const digests: string[] = [];
  const known = (input: unknown): Rule | undefined => {
    const digest = digestOf(input);
    digests.push(digest);
    return former?.byDigest.get(digest)?.rule;
  };
  const parsed = yield* routesPartSteps(text, known);
  if (!parsed.ok) return parsed;
  const rules: CompiledRule[] = [];
  const leftOut: Problem[] = [];
  const byDigest = new Map<string, CompiledRule>();
  for (const [i, rule] of parsed.value.rules.entries()) {
    const digest = digests[i] as string;
    const kept = former?.byDigest.get(digest);
    const compiled = kept === undefined ? compileRule(rule) : ({ ok: true, value: kept, ignored: [] } as const);
    if (!compiled.ok) {
      leftOut.push(...compiled.problems.map(({ path, message }) => ({ path: `${rule.id} ${path}`, message })));
    } else {
      rules.push(compiled.value);
      byDigest.set(digest, compiled.value);
    }
    yield;
  }
  return { ok: true, value: { rules, backends: parsed.value.backends, leftOut, byDigest }, ignored: parsed.ignored };
}

/** Equal for rules of the same text; a digest takes a tenth of the memory that the text would. */
function digestOf(input: unknown): string {
  return hash('sha256', JSON.stringify(input) ?? '', 'base64');
}
