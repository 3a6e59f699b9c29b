import type { Rule } from '@evergate/contract/routeTable';

/** A rule of a route of that name in namespace `shop`. */
export function sampleRule(name: string, changes: Partial<Rule> = {}): Rule {
  const route = { namespace: 'shop', name, uid: `uid of ${name}`, generation: 1, createdAt: 1 };
  const lists = { hostnames: ['a.example.com'], listeners: ['http'], matches: [{ path: '/a' }, { path: '/b' }] };
  const backends = [{ backend: 'shop/orders:80', weight: 1 }];
  return { id: `shop/${name}/all`, name: 'all', position: 0, route, ...lists, backends, ...changes } as unknown as Rule;
}
