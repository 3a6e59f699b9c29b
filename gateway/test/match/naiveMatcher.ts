import { compareHostnames, comparePrecedence } from '@evergate/contract/precedence';
import type { Match, NamedMatch, Rule } from '@evergate/contract/routeTable';
import type { MatchTarget } from '../../src/match/matchTarget.ts';

/** Every candidate in its order, every condition one by one: what the matcher must agree with. Regular expressions are JavaScript's. */
export function naiveMatch(rules: readonly Rule[], target: MatchTarget): { rule: Rule; match: Match } | undefined {
  const candidates = rules.flatMap((rule) =>
    rule.hostnames.flatMap((hostname) => rule.matches.map((match) => ({ rule, match, hostname }))),
  );
  candidates.sort((a, b) => compareHostnames(a.hostname, b.hostname) || comparePrecedence(a, b));
  return candidates.find(
    ({ rule, match, hostname }) =>
      rule.listeners.includes(target.listener) && hostHolds(hostname, target.host) && matchHolds(rule, match, target),
  );
}

function hostHolds(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.startsWith('*')) return pattern === host;
  return host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}

function matchHolds({ filters }: Rule, match: Match, target: MatchTarget): boolean {
  const query = new URLSearchParams(target.query);
  return (
    pathHolds(match, target.path) &&
    methodHolds(
      match,
      target,
      filters.some(({ type }) => type === 'CORS'),
    ) &&
    match.headers.every((header) => valueHolds(header, joined(target.headers, header.name))) &&
    match.queryParams.every((param) => valueHolds(param, query.get(param.name)))
  );
}

function methodHolds({ method }: Match, target: MatchTarget, answersPreflights: boolean): boolean {
  if (method === undefined || method === target.method) return true;
  const asksFor = joined(target.headers, 'access-control-request-method');
  return (
    answersPreflights && target.method === 'OPTIONS' && asksFor === method && joined(target.headers, 'origin') !== null
  );
}

function pathHolds({ path: { type, value } }: Match, path: string): boolean {
  if (type === 'Exact') return path === value;
  if (type === 'RegularExpression') return new RegExp(`^(?:${value})$`).test(path);
  const wanted = value.split('/').filter((segment) => segment !== '');
  const found = path.split('/').slice(1);
  return wanted.every((segment, index) => found[index] === segment);
}

function valueHolds({ type, value }: NamedMatch, found: string | null): boolean {
  if (found === null) return false;
  return type === 'Exact' ? found === value : new RegExp(`^(?:${value})$`).test(found);
}

function joined(headers: readonly string[], name: string): string | null {
  const values = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name);
  return values.length === 0 ? null : values.join(', ');
}
