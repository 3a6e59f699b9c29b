import type { Match, Rule } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import { buildMatcher } from '../../src/match/matcher.ts';
import type { MatchTarget } from '../../src/match/matchTarget.ts';
import { createBreather } from '../../src/reload/breathe.ts';
import { compiledOf, matcherOf, matchOf, pathOf, ruleOf, targetOf } from './rules.ts';

/** The name of the route that gets the request. */
async function routeOf(rules: readonly Rule[], target: Partial<MatchTarget>): Promise<string | undefined> {
  return (await matcherOf(rules)).match(targetOf(target))?.compiled.rule.route.name;
}

async function meets(match: Match, target: Partial<MatchTarget>): Promise<boolean> {
  return (await routeOf([ruleOf('it', { matches: [match] })], target)) === 'it';
}

describe('hostnames', () => {
  const rules = [
    ruleOf('any', { hostnames: ['*'] }),
    ruleOf('wildcard', { hostnames: ['*.example.com'] }),
    ruleOf('longer', { hostnames: ['*.shop.example.com'] }),
    ruleOf('exact', { hostnames: ['a.shop.example.com'] }),
  ];

  test.each([
    ['a.shop.example.com', 'exact'],
    ['b.shop.example.com', 'longer'],
    ['b.a.shop.example.com', 'longer'],
    ['shop.example.com', 'wildcard'],
    ['x.y.example.com', 'wildcard'],
    ['example.com', 'any'],
    ['notexample.com', 'any'],
    ['.example.com', 'any'],
    ['', 'any'],
    [`${'a.'.repeat(4000)}example.com`, 'any'],
  ])('%s goes to the most specific: %s', async (host, route) => {
    expect(await routeOf(rules, { host })).toBe(route);
  });

  test('a less specific one is tried where nothing of the more specific one holds', async () => {
    const post = matchOf({ method: 'POST' });
    const picky = rules.map((rule) => (rule.route.name === 'any' ? rule : { ...rule, matches: [post] }));
    expect(await routeOf(picky, { host: 'a.shop.example.com' })).toBe('any');
    expect(await routeOf(picky, { host: 'a.shop.example.com', method: 'POST' })).toBe('exact');
  });

  test('without any that fits there is no match', async () => {
    expect(await routeOf([ruleOf('a', { hostnames: ['a.test'] })], { host: 'b.test' })).toBeUndefined();
  });

  test('a rule serves the listeners it names and no other', async () => {
    const split = [ruleOf('in', { listeners: ['internal', 'admin'] }), ruleOf('out', { listeners: ['http'] })];
    expect(await routeOf(split, { listener: 'internal' })).toBe('in');
    expect(await routeOf(split, { listener: 'http' })).toBe('out');
    expect(await routeOf(split, { listener: 'other' })).toBeUndefined();
  });
});

describe('paths', () => {
  test.each([
    ['Exact', '/foo', '/foo', true],
    ['Exact', '/foo', '/foo/', false],
    ['Exact', '/foo/', '/foo', false],
    ['Exact', '/foo', '/foo/bar', false],
    ['Exact', '/', '/', true],
    ['PathPrefix', '/foo', '/foo', true],
    ['PathPrefix', '/foo', '/foo/', true],
    ['PathPrefix', '/foo', '/foo/bar', true],
    ['PathPrefix', '/foo', '/foobar', false],
    ['PathPrefix', '/foo', '/fo', false],
    ['PathPrefix', '/foo', '/Foo', false],
    ['PathPrefix', '/foo/', '/foo', true],
    ['PathPrefix', '/foo/', '/foobar', false],
    ['PathPrefix', '/', '/', true],
    ['PathPrefix', '/', '/anything', true],
    ['PathPrefix', '/a/b', '/a/c', false],
    ['RegularExpression', '/v[0-9]+/users', '/v12/users', true],
    ['RegularExpression', '/v[0-9]+/users', '/v12/users/7', false],
    ['RegularExpression', '/v[0-9]+/users', '/x/v12/users', false],
    ['RegularExpression', '^/a|/b$', '/b', true],
    ['RegularExpression', '^/a|/b$', '/a/b', false],
    ['RegularExpression', '(?i)/Foo', '/fOO', true],
    ['RegularExpression', '/foo?', '/fo', true],
    ['RegularExpression', '.*\\.png', '/img/a.png', true],
  ] as const)('%s %s and %s: %s', async (type, value, path, holds) => {
    expect(await meets(pathOf(type, value), { path })).toBe(holds);
  });

  test.each([
    ['/foo/bar', 'exact'],
    ['/foo/bar/', 'long prefix'],
    ['/foo/9', 'regex'],
    ['/foo/x', 'prefix'],
    ['/fo', 'root'],
  ])('%s goes to the first by precedence: %s', async (path, route) => {
    const rules = [
      ruleOf('root', { matches: [pathOf('PathPrefix', '/')] }),
      ruleOf('prefix', { matches: [pathOf('PathPrefix', '/foo')] }),
      ruleOf('long prefix', { matches: [pathOf('PathPrefix', '/foo/bar')] }),
      ruleOf('regex', { matches: [pathOf('RegularExpression', '/foo/[0-9]+')] }),
      ruleOf('exact', { matches: [pathOf('Exact', '/foo/bar')] }),
    ];
    expect(await routeOf(rules, { path })).toBe(route);
  });

  test('of regular expressions the longest goes first, wherever its variable part begins', async () => {
    const rules = [
      ruleOf('short', { matches: [pathOf('RegularExpression', '/api/users/.*')] }),
      ruleOf('long', { matches: [pathOf('RegularExpression', '/[a-z]+/users/[0-9]+')] }),
    ];
    expect(await routeOf(rules, { path: '/api/users/7' })).toBe('long');
    expect(await routeOf(rules, { path: '/api/users/x' })).toBe('short');
  });

  test('of equal matches the older route goes first, then the name', async () => {
    const old = ruleOf('z', {});
    const rules = [ruleOf('b'), ruleOf('a')].map((rule) => ({ ...rule, route: { ...rule.route, createdAt: 5 } }));
    expect(await routeOf(rules, {})).toBe('a');
    expect(await routeOf([...rules, old], {})).toBe('z');
  });

  test('a long hostile path costs no more than its length', async () => {
    const deep = Array.from({ length: 500 }, (_, i) =>
      ruleOf(`r${i}`, { matches: [pathOf('PathPrefix', `/${'a/'.repeat(i)}x`)] }),
    );
    const matcher = await matcherOf(deep);
    expect(matcher.match(targetOf({ path: `/${'a/'.repeat(4000)}` }))).toBeUndefined();
    expect(matcher.match(targetOf({ path: '/'.repeat(8000) }))).toBeUndefined();
  });

  test('a regular expression that would stall backtracking does not', async () => {
    expect(await meets(pathOf('RegularExpression', '/(a+)+b'), { path: `/${'a'.repeat(5000)}` })).toBe(false);
  });
});

describe('predicates', () => {
  const header = (type: 'Exact' | 'RegularExpression', value: string) =>
    matchOf({ headers: [{ type, name: 'x-version', value }] });
  const param = (type: 'Exact' | 'RegularExpression', name: string, value: string) =>
    matchOf({ queryParams: [{ type, name, value }] });

  test('a method is compared as it is written', async () => {
    expect(await meets(matchOf({ method: 'POST' }), { method: 'POST' })).toBe(true);
    expect(await meets(matchOf({ method: 'POST' }), { method: 'post' })).toBe(false);
  });

  test.each([
    ['Exact', '2', ['x-version', '2'], true],
    ['Exact', '2', ['X-VERSION', '2'], true],
    ['Exact', '2', ['x-version', '3'], false],
    ['Exact', '2', ['x-versions', '2'], false],
    ['Exact', '2', [], false],
    ['Exact', '2, 3', ['x-version', '2', 'accept', '*', 'X-Version', '3'], true],
    ['Exact', '2', ['x-version', '2', 'x-version', '3'], false],
    ['Exact', 'Beta', ['x-version', 'beta'], false],
    ['RegularExpression', '[0-9]+', ['x-version', '12'], true],
    ['RegularExpression', '[0-9]+', ['x-version', '12b'], false],
    ['RegularExpression', '2(, 3)?', ['x-version', '2', 'x-version', '3'], true],
    ['RegularExpression', '.*', [], false],
  ] as const)('header %s %s with %j: %s', async (type, value, headers, holds) => {
    expect(await meets(header(type, value), { headers })).toBe(holds);
  });

  test('lines of Cookie are joined with a semicolon', async () => {
    const cookies = matchOf({ headers: [{ type: 'Exact', name: 'cookie', value: 'a=1; b=2' }] });
    expect(await meets(cookies, { headers: ['cookie', 'a=1', 'cookie', 'b=2'] })).toBe(true);
  });

  test.each([
    ['Exact', 'v', '2', 'v=2', true],
    ['Exact', 'v', '2', 'x=1&v=2&y=3', true],
    ['Exact', 'v', '2', 'v=3&v=2', false],
    ['Exact', 'v', '2', 'V=2', false],
    ['Exact', 'v', '2', 'vv=2', false],
    ['Exact', 'v', '2', '', false],
    ['Exact', 'v', '', 'v', true],
    ['Exact', 'v', '', 'x&v=', true],
    ['Exact', 'v', 'a b', 'v=a+b', true],
    ['Exact', 'v', 'a b', 'v=a%20b', true],
    ['Exact', 'v', 'a+b', 'v=a%2Bb', true],
    ['Exact', 'v', 'a=b', 'v=a=b', true],
    ['Exact', 'v', 'é', 'v=%c3%A9', true],
    ['Exact', 'v w', '1', 'v+w=1', true],
    ['Exact', 'v', '1', '%76=1', true],
    ['Exact', 'v', '%', 'v=%', true],
    ['Exact', 'v', '%2', 'v=%2', true],
    ['Exact', 'v', '%zz', 'v=%zz', true],
    ['Exact', 'v', '2', '&&v=2', true],
    ['RegularExpression', 'v', '[0-9]+ [a-z]', 'v=12+x', true],
    ['RegularExpression', 'v', '[0-9]+', 'v=12x', false],
    ['RegularExpression', 'v', '.*', 'v=%ff%', true],
    ['RegularExpression', 'v', '.*', 'w=1', false],
  ] as const)('query parameter %s %s = %s with ?%s: %s', async (type, name, value, query, holds) => {
    expect(await meets(param(type, name, value), { query })).toBe(holds);
  });

  test('the candidate with more conditions goes first, and the next where one fails', async () => {
    const rules = [
      ruleOf('plain'),
      ruleOf('one', { matches: [header('Exact', '2')] }),
      ruleOf('method', { matches: [matchOf({ method: 'GET' })] }),
    ];
    expect(await routeOf(rules, { headers: ['x-version', '2'] })).toBe('method');
    expect(await routeOf(rules, { headers: ['x-version', '2'], method: 'PUT' })).toBe('one');
    expect(await routeOf(rules, { method: 'PUT' })).toBe('plain');
  });
});

test('a build of many rules takes a breath between short steps', async () => {
  const rules = Array.from({ length: 300 }, (_, i) => compiledOf(ruleOf(`r${i}`, { hostnames: ['a.test', 'b.test'] })));
  let now = 0;
  let turns = 0;
  const breathe = createBreather(10, () => now++);
  const matcher = await buildMatcher(rules, () => {
    const pause = breathe();
    if (pause !== undefined) turns += 1;
    return pause;
  });
  expect(turns).toBeGreaterThan(20);
  expect(matcher.match(targetOf({ host: 'b.test' }))?.compiled).toBe(rules[0]);
});
