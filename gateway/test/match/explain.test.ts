import type { Rule } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { explain } from '../../src/match/explain.ts';
import type { MatchTarget } from '../../src/match/matchTarget.ts';
import { compiledOf, matchOf, pathOf, ruleOf, targetOf } from './rules.ts';

function explained(rules: readonly Rule[], target: Partial<MatchTarget>): (string | undefined)[][] {
  const candidates = rules.flatMap((rule) =>
    compiledOf(rule).matches.map((compiledMatch) => ({ rule, compiledMatch })),
  );
  return explain(candidates, targetOf(target)).map(({ rule, hostname, mismatch }) => [
    rule.route.name,
    hostname,
    mismatch,
  ]);
}

test('candidates stand in the order they are tried, each with the first condition that fails', () => {
  const shop = ruleOf('shop', {
    hostnames: ['shop.example.com', '*.example.com'],
    matches: [
      matchOf({ method: 'POST' }),
      pathOf('PathPrefix', '/api'),
      pathOf('Exact', '/api/orders'),
      pathOf('RegularExpression', '/api/[0-9]+'),
      matchOf({ headers: [{ type: 'Exact', name: 'x-a', value: '1' }] }),
      matchOf({ queryParams: [{ type: 'RegularExpression', name: 'q', value: '[0-9]' }] }),
    ],
  });
  const rules = [
    ruleOf('other', { hostnames: ['other.test'] }),
    ruleOf('any'),
    ruleOf('inner', { listeners: ['i'] }),
    shop,
  ];
  expect(explained(rules, { path: '/apis', query: 'q=a+b' })).toEqual([
    ['shop', 'shop.example.com', 'path /apis is not /api/orders'],
    ['shop', 'shop.example.com', 'path /apis does not match /api/[0-9]+'],
    ['shop', 'shop.example.com', 'path /apis does not begin with the segments /api'],
    ['shop', 'shop.example.com', 'method GET is not POST'],
    ['shop', 'shop.example.com', 'header x-a is absent'],
    ['shop', 'shop.example.com', 'query parameter q "a b" does not match "[0-9]"'],
    ['any', '*', undefined],
    ['inner', '*', 'listener http is none of: i'],
    ['other', undefined, 'host shop.example.com is none of: other.test'],
  ]);
});

test('a header that differs is shown', () => {
  const rule = ruleOf('a', { matches: [matchOf({ headers: [{ type: 'Exact', name: 'x-a', value: '1' }] })] });
  expect(explained([rule], { headers: ['X-A', '2'] })).toEqual([['a', '*', 'header x-a "2" is not "1"']]);
});
