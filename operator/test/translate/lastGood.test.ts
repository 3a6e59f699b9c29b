import type { Rule } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import { type TranslateInput, type Translation, translate } from '../../src/translate/translate.ts';
import { fleet, grant, route, service, slice } from './objects.ts';

const stock = [service('stock', 'stock'), service('orders', 'shop')];
const slices = [slice('stock', 'stock'), slice('orders', 'shop')];

function input(changes: Partial<TranslateInput> & { readonly last?: Translation }): TranslateInput {
  const { last, ...rest } = changes;
  const previous = new Map(last?.rules.map((rule): [string, Rule] => [rule.id, rule]));
  const base = {
    fleet: fleet(),
    isDefault: true,
    routes: [],
    policies: [],
    services: stock,
    endpointSlices: slices,
    referenceGrants: [],
  };
  return { ...base, previous, ...rest };
}

const good = route('orders', 'shop', [{ name: 'api', backendRefs: [{ name: 'orders', port: 80 }] }]);
const broken = route('orders', 'shop', [{ name: 'api', backendRefs: 'orders' }], { generation: 2 });

describe('the last good version of a rule', () => {
  test('is served while the rule is broken, and the rule as written once it is mended', () => {
    const first = translate(input({ routes: [good] }));
    const second = translate(input({ routes: [broken], last: first }));
    expect(second.rules).toEqual(first.rules);
    const mended = route('orders', 'shop', [{ name: 'api', backendRefs: [{ name: 'orders', port: 80, weight: 2 }] }]);
    expect(translate(input({ routes: [mended], last: second })).rules[0]?.backends).toEqual([
      { backend: 'shop/orders:80', weight: 2 },
    ]);
  });

  test('is not served once the rule or its route is deleted', () => {
    const first = translate(input({ routes: [good] }));
    expect(translate(input({ routes: [], last: first })).rules).toEqual([]);
    const other = route('orders', 'shop', [{ name: 'other', backendRefs: 'orders' }]);
    expect(translate(input({ routes: [other], last: first })).rules).toEqual([]);
  });

  test('is not served once its namespace is no longer allowed', () => {
    const open = fleet({ listeners: [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }] });
    const elsewhere = { parentRefs: [{ name: 'edge', namespace: 'shop' }] };
    const ref = [{ name: 'stock', port: 80 }];
    const first = translate(
      input({ fleet: open, routes: [route('r', 'stock', [{ name: 'a', backendRefs: ref }], {}, elsewhere)] }),
    );
    expect(first.rules).toHaveLength(1);
    const bad = route('r', 'stock', [{ name: 'a', backendRefs: 1 }], {}, elsewhere);
    expect(translate(input({ fleet: open, routes: [bad], last: first })).rules).toHaveLength(1);
    expect(translate(input({ fleet: fleet(), routes: [bad], last: first })).rules).toEqual([]);
  });

  test('is not served once the grant that it needs is removed, though the rule is broken in another way', () => {
    const granted = input({
      routes: [route('r', 'shop', [{ name: 'a', backendRefs: [{ name: 'stock', namespace: 'stock', port: 80 }] }])],
      referenceGrants: [grant('shop', 'stock')],
    });
    const first = translate(granted);
    expect(first.rules[0]?.backends).toEqual([{ backend: 'stock/stock:80', weight: 1 }]);
    const bad = [route('r', 'shop', [{ name: 'a', backendRefs: 'stock' }])];
    expect(translate(input({ routes: bad, referenceGrants: granted.referenceGrants, last: first })).rules).toEqual(
      first.rules,
    );
    expect(translate(input({ routes: bad, last: first })).rules).toEqual([]);
  });

  test('is not one that answered 500 itself', () => {
    const unknown = route('orders', 'shop', [{ name: 'api', backendRefs: [{ name: 'nobody', port: 80 }] }]);
    const first = translate(input({ routes: [unknown] }));
    expect(first.rules[0]?.backends).toEqual([{ backend: null, weight: 1 }]);
    expect(translate(input({ routes: [broken], last: first })).rules).toEqual([]);
  });

  test('gives way to another rule that took its match', () => {
    const first = translate(input({ routes: [good] }));
    const older = route('a-first', 'shop', [{ name: 'api', backendRefs: [{ name: 'orders', port: 80 }] }]);
    const second = translate(input({ routes: [older, broken], last: first }));
    expect(second.rules.map(({ id }) => id)).toEqual(['shop/a-first/api']);
    expect(second.routes[1]?.rules[0]).toMatchObject({ state: 'NotServed', conflicts: [{ reason: 'Conflicted' }] });
  });
});
