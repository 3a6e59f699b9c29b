import type { Parsed, Problem } from '@evergate/contract/problem';
import type { Match, Rule } from '@evergate/contract/routeTable';
import type { CompiledMatch } from './candidate.ts';
import { Pattern } from './pattern.ts';
import { type Predicate, withHeader, withMethod, withMethodOrPreflight, withQueryParam } from './predicate.ts';

/** Shared by the many matches that look at the path alone. */
const unconditional: readonly Predicate[] = [];

/** Compiles a rule's matches in their order, or says which of its regular expressions are none; paths begin at the rule. */
export function compileMatches(rule: Rule): Parsed<readonly CompiledMatch[]> {
  const problems: Problem[] = [];
  const methodIs = rule.filters.some(({ type }) => type === 'CORS') ? withMethodOrPreflight : withMethod;
  const value = rule.matches.map((match, index) => compileMatch(match, methodIs, `matches[${index}]`, problems));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value, ignored: [] };
}

function compileMatch(
  match: Match,
  methodIs: (method: string) => Predicate,
  at: string,
  problems: Problem[],
): CompiledMatch {
  const { path, method, headers, queryParams } = match;
  const pathPattern =
    path.type === 'RegularExpression'
      ? orProblem(() => new Pattern(path.value), `${at}.path.value`, problems)
      : undefined;
  const predicates = [
    method === undefined ? undefined : methodIs(method),
    ...headers.map((header, i) => orProblem(() => withHeader(header), `${at}.headers[${i}].value`, problems)),
    ...queryParams.map((param, i) => orProblem(() => withQueryParam(param), `${at}.queryParams[${i}].value`, problems)),
  ];
  const conditions = predicates.filter((predicate) => predicate !== undefined);
  return { match, pathPattern, predicates: conditions.length === 0 ? unconditional : conditions };
}

/** The library throws: its own errors for the syntax, a RangeError for a nesting it cannot follow. */
function orProblem<T>(make: () => T, path: string, problems: Problem[]): T | undefined {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ path, message: `not a regular expression in RE2 syntax: ${reason}` });
    return undefined;
  }
}
