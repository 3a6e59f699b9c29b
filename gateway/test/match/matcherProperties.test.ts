import type { Match, NamedMatch, Rule } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explain } from '../../src/match/explain.ts';
import { buildMatcher } from '../../src/match/matcher.ts';
import type { MatchTarget } from '../../src/match/matchTarget.ts';
import { naiveMatch } from './naiveMatcher.ts';
import { compiledOf, corsFilter, matcherOf, matchOf, ruleOf } from './rules.ts';

/* Few names in many combinations, so that most requests meet several candidates that differ in one thing only. */

const host = fc.constantFrom('example.com', 'a.example.com', 'b.a.example.com', 'a.test', 'test', '.example.com');
const hostname = fc.constantFrom('*', '*.example.com', '*.a.example.com', 'a.example.com', 'a.test', '*.test');
const segment = fc.constantFrom('a', 'b', 'ab', 'abc', 'a.b', 'v1', 'v2');
const path = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`);
const literal = path.map((text) => text.replaceAll('.', '\\.'));
const expression = fc.oneof(
  fc.constantFrom('/.*', '.*', '/a|/b', '/(a|b)/v[0-9]', '/a/?', '/ab*', '/(?:a/)+b', '[/]a.*', '^/a.b$', '/a{1,2}/.*'),
  fc.tuple(literal, fc.constantFrom('', '.*', '/?', '[^/]+', 'b?', '|/b')).map(([start, end]) => start + end),
);
const pathMatch: fc.Arbitrary<Match['path']> = fc.oneof(
  path.map((value) => ({ type: 'Exact' as const, value })),
  path.map((value) => ({ type: 'PathPrefix' as const, value: value.replace(/(?<=.)\/$/, '') })),
  expression.map((value) => ({ type: 'RegularExpression' as const, value })),
);

const method = fc.constantFrom('GET', 'POST', 'get', 'OPTIONS');
const value = fc.constantFrom('1', '2', '1, 2', 'a b', 'é', '');
const named = (name: fc.Arbitrary<string>): fc.Arbitrary<NamedMatch> =>
  fc.oneof(
    fc.record({ type: fc.constant('Exact' as const), name, value }),
    fc.record({ type: fc.constant('RegularExpression' as const), name, value: fc.constantFrom('[0-9]', '1|2', '.*') }),
  );
const match: fc.Arbitrary<Match> = fc
  .record(
    {
      path: pathMatch,
      method,
      headers: fc.array(named(fc.constantFrom('x-a', 'x-b')), { maxLength: 2 }),
      queryParams: fc.array(named(fc.constantFrom('q', 'é', 'a b')), { maxLength: 2 }),
    },
    { requiredKeys: ['path'] },
  )
  .map((fields) => matchOf(fields));

const rules: fc.Arbitrary<Rule[]> = fc
  .array(
    fc.record({
      matches: fc.array(match, { minLength: 1, maxLength: 3 }),
      hostnames: fc.uniqueArray(hostname, { minLength: 1, maxLength: 2 }),
      listeners: fc.subarray(['http', 'internal'], { minLength: 1 }),
      filters: fc.constantFrom([], [corsFilter]),
      createdAt: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) =>
    list.map(({ createdAt, ...fields }, index) => {
      const rule = ruleOf(`route-${index % 5}`, { ...fields, position: index });
      return { ...rule, id: `${index}`, route: { ...rule.route, createdAt } };
    }),
  );

const preflightFields = fc.constantFrom(['Origin', 'https://a.test'], ['Access-Control-Request-Method', 'POST']);
const headers = fc
  .array(fc.oneof(fc.tuple(fc.constantFrom('x-a', 'X-A', 'X-b', 'accept'), value), preflightFields), { maxLength: 3 })
  .map((fields) => fields.flat());
const query = fc
  .array(
    fc.constantFrom('q=1', 'q=2', 'q', '&', 'q=a+b', 'q=a%20b', '%71=1', '%C3%A9=1', 'a+b=1', 'q=%', 'q=1%2', 'x=='),
    {
      maxLength: 3,
    },
  )
  .map((params) => params.join('&'));
const target: fc.Arbitrary<MatchTarget> = fc.record({
  listener: fc.constantFrom('http', 'internal', 'other'),
  host,
  path,
  query,
  method,
  headers,
});

test('the matcher finds what trying every candidate in order finds', async () => {
  await fc.assert(
    fc.asyncProperty(rules, fc.array(target, { minLength: 1, maxLength: 8 }), async (table, targets) => {
      const matcher = await matcherOf(table);
      for (const one of targets) {
        const expected = naiveMatch(table, one);
        const found = matcher.match(one);
        expect([found?.compiled.rule.id, found?.match]).toEqual([expected?.rule.id, expected?.match]);
      }
    }),
    { numRuns: 1500 },
  );
});

test('a matcher that takes over what did not change finds what one built anew finds', async () => {
  await fc.assert(
    fc.asyncProperty(rules, rules, fc.array(target, { minLength: 1, maxLength: 8 }), async (all, others, targets) => {
      const compiled = all.map(compiledOf);
      const kept = compiled.filter((_, i) => i % 3 !== 0);
      const now = [...kept, ...others.map(compiledOf)];
      const breathe = (): undefined => undefined;
      const edited = await buildMatcher(now, breathe, await buildMatcher(compiled, breathe));
      const anew = await buildMatcher(now, breathe);
      for (const one of targets) expect(edited.match(one)?.match).toBe(anew.match(one)?.match);
    }),
    { numRuns: 300 },
  );
});

test('the first candidate explained without a mismatch is the one the matcher finds', async () => {
  await fc.assert(
    fc.asyncProperty(rules, target, async (table, one) => {
      const candidates = table.flatMap((rule) =>
        compiledOf(rule).matches.map((compiledMatch) => ({ rule, compiledMatch })),
      );
      const explained = explain(candidates, one).find(({ mismatch }) => mismatch === undefined);
      const found = (await matcherOf(table)).match(one);
      expect([explained?.rule.id, explained?.compiledMatch.match]).toEqual([found?.compiled.rule.id, found?.match]);
    }),
    { numRuns: 500 },
  );
});
