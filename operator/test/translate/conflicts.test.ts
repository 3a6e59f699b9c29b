import { type Candidate, comparePrecedence } from '@evergate/contract/precedence';
import type { Match, Rule } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClaimMemory, settleConflicts } from '../../src/translate/conflicts.ts';

const match: fc.Arbitrary<Match> = fc.record({
  path: fc.constantFrom({ type: 'Exact', value: '/a' } as const, { type: 'PathPrefix', value: '/a' } as const),
  method: fc.constantFrom('GET', undefined),
  headers: fc.constantFrom([], [{ type: 'Exact', name: 'x', value: '1' } as const]),
  queryParams: fc.constant([]),
});

const rule: fc.Arbitrary<Omit<Rule, 'id'>> = fc.record({
  route: fc.record({
    namespace: fc.constantFrom('shop', 'team'),
    name: fc.constantFrom('a', 'b'),
    uid: fc.constant(''),
    generation: fc.constant(1),
    createdAt: fc.constantFrom(1, 2),
  }),
  name: fc.constant('rule'),
  position: fc.nat(20),
  listeners: fc.uniqueArray(fc.constantFrom('http', 'other'), { minLength: 1 }),
  hostnames: fc.uniqueArray(fc.constantFrom('*', 'a.example', '*.example'), { minLength: 1 }),
  matches: fc.array(match, { minLength: 1, maxLength: 3 }),
  filters: fc.constant([]),
  backends: fc.constant([]),
  timeouts: fc.constant({}),
  limits: fc.constant({}),
});

/** Rules as they reach conflicts: sorted by age, name and position. */
const rules = fc.array(rule, { maxLength: 8 }).map((drawn) => {
  const anyMatch: Match = { path: { type: 'Exact', value: '/' }, headers: [], queryParams: [] };
  const numbered = drawn.map(
    (one, at): Rule => ({ ...one, position: at, id: `${one.route.namespace}/${one.route.name}/${at}` }),
  );
  return numbered.sort((a, b) => comparePrecedence({ rule: a, match: anyMatch }, { rule: b, match: anyMatch }));
});

/** Who answers what: for each listener, host and predicates, the candidate that precedence puts first. */
function winners(all: readonly Rule[]): Map<string, string> {
  const candidates = new Map<string, Candidate[]>();
  for (const one of all) {
    for (const listener of one.listeners) {
      for (const hostname of one.hostnames) {
        for (const own of one.matches) {
          const key = JSON.stringify([listener, hostname, own]);
          candidates.set(key, [...(candidates.get(key) ?? []), { rule: one, match: own }]);
        }
      }
    }
  }
  const first = ([key, found]: [string, Candidate[]]): [string, string] => [
    key,
    found.sort(comparePrecedence)[0]?.rule.id ?? '',
  ];
  return new Map([...candidates].map(first).sort());
}

describe('settleConflicts', () => {
  test('changes nothing about who answers, and leaves out exactly the rules that answer nothing', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const settled = settleConflicts(all);
        const expected = winners(all);
        expect(winners(settled.rules)).toEqual(expected);
        expect(new Set(settled.rules.map(({ id }) => id))).toEqual(new Set(expected.values()));
      }),
    );
  });

  test('finds after any history what it finds without one', () => {
    const history = fc.array(fc.tuple(rules, fc.boolean()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(history, (tables) => {
        const memory = new ClaimMemory();
        let all: readonly Rule[] = [];
        for (const [more, isAdded] of tables) {
          all = isAdded ? [...all.filter((_, i) => i % 2 === 0), ...more.slice(0, 2)] : more;
          const [settled, anew] = [settleConflicts(all, memory), settleConflicts(all)];
          expect([settled.rules, settled.lost]).toEqual([anew.rules, anew.lost]);
          for (const { id } of all) expect(settled.ids.has(id)).toBe(anew.ids.has(id));
        }
      }),
    );
  });

  test('tells a rule of what it lost to others, and never of itself', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const { lost } = settleConflicts(all);
        const firsts = winners(all);
        for (const one of all) {
          const own = [...winners([one]).keys()];
          expect(lost.has(one.id)).toBe(own.some((key) => firsts.get(key) !== one.id));
        }
      }),
    );
  });

  test('takes time in proportion to the rules, also where all of them claim the same', () => {
    const [first] = fc.sample(rule, 1);
    if (first === undefined) throw new Error('no rule was drawn');
    const many = Array.from(
      { length: 20_000 },
      (_, position): Rule => ({ ...first, position, id: `shop/a/${position}` }),
    );
    expect(settleConflicts(many).rules).toHaveLength(1);
  });
});
