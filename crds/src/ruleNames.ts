/** A rule whose name an earlier rule of its route has. */
export interface RepeatedRuleName {
  readonly position: number;
  readonly name: string;
  /** What would be accepted. */
  readonly expected: string;
}

/** Of rules that share a name the first keeps it, however broken it is otherwise; these are the others. */
export function repeatedRuleNames(rules: readonly unknown[]): readonly RepeatedRuleName[] {
  const names = rules.map(ruleName);
  return names.flatMap((name, position) => {
    const first = names.indexOf(name);
    if (name === undefined || first === position) return [];
    return [{ position, name, expected: `expected another name than that of spec.rules[${first}]` }];
  });
}

/** The name also of a rule that is broken otherwise: what it claims, no other rule may take. */
export function ruleName(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('name' in value)) return undefined;
  return typeof value.name === 'string' ? value.name : undefined;
}
