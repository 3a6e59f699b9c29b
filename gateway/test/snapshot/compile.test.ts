import type { FleetSettings } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import { noFilters } from '../../src/policy/filters.ts';
import { type CompileDependencies, compileRule, compileSnapshot } from '../../src/snapshot/compile.ts';
import { compiledOf, matchOf, pathOf, ruleOf, targetOf } from '../match/rules.ts';

const backends = new WeightedBackends([]);
const dependencies: CompileDependencies = { slot: (rule) => rule.id.length, backends: () => backends };

test('a rule that says nothing has the default deadline and no limits', () => {
  const rule = ruleOf('plain');
  expect(compileRule(rule, dependencies)).toMatchObject({
    ok: true,
    value: {
      rule,
      slot: rule.id.length,
      backends,
      filters: noFilters,
      requestTimeoutMs: -1,
      backendRequestTimeoutMs: 0,
      maxRequestBodyBytes: 0,
    },
  });
});

test('what a rule says about time and size is kept, zero included', () => {
  const limits = { requestBodyBytes: 9 };
  const timed = ruleOf('timed', { timeouts: { requestMs: 0, backendRequestMs: 250 }, limits });
  expect(compileRule(timed, dependencies)).toMatchObject({
    value: { requestTimeoutMs: 0, backendRequestTimeoutMs: 250, maxRequestBodyBytes: 9 },
  });
});

test('a rule with broken expressions and headers is refused with every problem and takes no slot', () => {
  const bad = { type: 'RegularExpression', name: 'a', value: '(' } as const;
  const rule = ruleOf('bad', {
    matches: [matchOf(), { ...pathOf('RegularExpression', '/[a'), headers: [bad], queryParams: [bad] }],
    filters: [{ type: 'RequestHeaderModifier', edit: { set: [['host', 'x']], add: [], remove: [] } }],
  });
  const asked: string[] = [];
  const compiled = compileRule(rule, { slot: ({ id }) => asked.push(id), backends: () => backends });
  expect(compiled.ok ? [] : compiled.problems.map(({ path }) => path)).toEqual([
    'matches[1].path.value',
    'matches[1].headers[0].value',
    'matches[1].queryParams[0].value',
    'filters[0].edit.set[0][0]',
  ]);
  expect(asked).toEqual([]);
});

test('a snapshot carries what it is made of and finds its rules', async () => {
  const rules = [compiledOf(ruleOf('a', { matches: [pathOf('PathPrefix', '/a')] })), compiledOf(ruleOf('b'))];
  const order = { fleetUID: 'f', epoch: 1, sequence: 2, revision: 'r' };
  const settings = { listeners: [] } as unknown as FleetSettings;
  const snapshot = await compileSnapshot({ order, settings, rules }, () => undefined);
  expect(snapshot).toMatchObject({ order, settings, rules });
  expect(snapshot.matcher.match(targetOf({ path: '/a/b' }))?.compiled).toBe(rules[0]);
  expect(snapshot.matcher.match(targetOf({ path: '/c' }))?.compiled).toBe(rules[1]);
});
