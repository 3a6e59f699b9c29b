import type { Rule } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import type { MatchTarget } from '../../src/match/matchTarget.ts';
import { corsFilter, matcherOf, matchOf, ruleOf, targetOf } from './rules.ts';

const rules = [
  ruleOf('read'),
  ruleOf('put', { matches: [matchOf({ method: 'PUT' })], filters: [corsFilter] }),
  ruleOf('delete', { matches: [matchOf({ method: 'DELETE' })] }),
];

function preflightFor(method: string): Partial<MatchTarget> {
  return { method: 'OPTIONS', headers: ['Origin', 'https://a.test', 'Access-Control-Request-Method', method] };
}

async function routeOf(target: Partial<MatchTarget>, table: readonly Rule[] = rules): Promise<string | undefined> {
  return (await matcherOf(table)).match(targetOf(target))?.compiled.rule.route.name;
}

test('a rule with CORS gets the preflights of the method it is for', async () => {
  expect(await routeOf(preflightFor('PUT'))).toBe('put');
});

test('a rule with CORS gets no preflight of another method', async () => {
  expect(await routeOf(preflightFor('PATCH'))).toBe('read');
  expect(await routeOf(preflightFor('put'))).toBe('read');
});

test('a rule without CORS gets no preflight', async () => {
  expect(await routeOf(preflightFor('DELETE'))).toBe('read');
});

test.each([
  ['the method OPTIONS', { ...preflightFor('PUT'), method: 'GET' }],
  ['an origin', { ...preflightFor('PUT'), headers: ['Access-Control-Request-Method', 'PUT'] }],
  ['a method asked for', { ...preflightFor('PUT'), headers: ['Origin', 'https://a.test'] }],
])('a request without %s is no preflight', async (_, target) => {
  expect(await routeOf(target)).toBe('read');
});

test('of rules that take a preflight, precedence decides as for the request itself', async () => {
  const older = ruleOf('z', { matches: [matchOf({ method: 'PUT' })], filters: [corsFilter] });
  const younger = rules.map((rule) => ({ ...rule, route: { ...rule.route, createdAt: 5 } }));
  expect(await routeOf(preflightFor('PUT'), [...younger, older])).toBe('z');
});
