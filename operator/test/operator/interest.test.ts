import { describe, expect, test } from '@jest/globals';
import {
  fleetsOfGrant,
  fleetsOfPolicy,
  fleetsOfRoute,
  fleetsOfService,
  leavesFleet,
  movesDefault,
} from '../../src/fleets.ts';
import { fleetsNamedBy, serviceOfSlice, servicesNamedBy, targetsOf } from '../../src/interest.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { defaultFleetOf, policyTargets, routesFor } from '../../src/world.ts';

function route(name: string, spec: object = {}): KubeObject {
  return { metadata: { namespace: 'shop', name }, spec };
}

function fleet(name: string, isDefault = false): readonly [string, KubeObject] {
  const annotations: Record<string, string> = isDefault ? { 'evergate.dev/is-default-fleet': 'true' } : {};
  return [`infra/${name}`, { metadata: { namespace: 'infra', name, annotations } }];
}

const named = route('named', { parentRefs: [{ name: 'edge', namespace: 'infra' }, { name: 'here' }] });
const unnamed = route('unnamed');

describe('what a route is about', () => {
  test('fleets, in its own namespace unless told', () => {
    expect([fleetsNamedBy(named), fleetsNamedBy(unnamed)]).toEqual([['infra/edge', 'shop/here'], []]);
  });

  test('Services, wherever in its rules they are named, valid or not', () => {
    const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'mirror' } } };
    const rules = [
      {
        backendRefs: [
          { name: 'orders', port: 80 },
          { name: 'stock', namespace: 'far' },
        ],
        filters: [mirror],
      },
      { backendRefs: 'rubbish' },
    ];
    expect(servicesNamedBy(route('x', { rules }))).toEqual([
      'shop/orders',
      'far/stock',
      'shop/mirror',
      'shop/undefined',
    ]);
    expect(servicesNamedBy(route('y', {}))).toEqual([]);
  });

  test('policies and slices name theirs', () => {
    const policy = { metadata: { namespace: 'shop', name: 'p' }, spec: { targetRefs: [{ name: 'orders' }] } };
    const labels = { 'kubernetes.io/service-name': 'orders' };
    expect(targetsOf(policy)).toEqual(['shop/orders']);
    expect(serviceOfSlice({ metadata: { namespace: 'shop', labels } })).toBe('shop/orders');
    expect(policyTargets({ policies: new Map([['shop/p', policy]]) })).toEqual(['shop/orders']);
  });
});

describe('the default fleet', () => {
  test.each([
    ['none', [fleet('edge')], undefined],
    ['one', [fleet('edge', true), fleet('other')], 'infra/edge'],
    ['two', [fleet('edge', true), fleet('other', true)], undefined],
  ])('where %s claims it', (_, fleets, expected) => {
    expect(defaultFleetOf({ fleets: new Map(fleets) })).toBe(expected);
  });

  test('has the routes that name none, beside its own', () => {
    const routes = new Map([named, unnamed].map((one) => [one.metadata.name, one]));
    const world = (isDefault: boolean) => ({ routes, fleets: new Map([fleet('edge', isDefault)]) });
    const names = (found: readonly KubeObject[]): readonly string[] => found.map(({ metadata }) => metadata.name);
    expect(names(routesFor(world(true), 'infra/edge'))).toEqual(['named', 'unnamed']);
    expect(names(routesFor(world(false), 'infra/edge'))).toEqual(['named']);
    expect(names(routesFor(world(false), 'shop/here'))).toEqual(['named']);
  });

  test('moves when a fleet that claims it comes, goes or claims it no longer, not when one that goes on claiming it is edited', () => {
    const [[, claims], [, not]] = [fleet('edge', true), fleet('edge')];
    const changes = [
      [undefined, claims],
      [claims, undefined],
      [claims, not],
      [not, claims],
      [claims, { ...claims }],
      [not, not],
      [undefined, not],
    ] as const;
    expect(changes.map(([old, now]) => movesDefault(old, now))).toEqual([true, true, true, true, false, false, false]);
  });
});

describe('the fleets that a change concerns', () => {
  const fleets = new Map([fleet('edge'), fleet('main', true)]);
  const interested = [
    { key: 'infra/edge', services: new Set(['shop/orders']) },
    { key: 'infra/main', services: new Set(['shop/orders', 'far/stock']) },
  ];
  const policy = { metadata: { namespace: 'shop', name: 'p' }, spec: { targetRefs: [{ name: 'carts' }] } };
  const policies = new Map([['shop/p', policy]]);

  test('of a route: those it names or named, else the default one, as far as they exist', () => {
    expect(fleetsOfRoute({ fleets }, [named, unnamed])).toEqual(['infra/edge', 'infra/main']);
    expect(fleetsOfRoute({ fleets }, [undefined, named])).toEqual(['infra/edge']);
  });

  test('of a route: one has to stop serving it where it is gone or names others, not where the rest of it is edited', () => {
    const changes = [
      [named, undefined],
      [named, unnamed],
      [unnamed, named],
      [named, { ...named, metadata: { ...named.metadata, generation: 2 } }],
      [undefined, named],
      [undefined, undefined],
    ] as const;
    expect(changes.map(([old, now]) => leavesFleet(old, now))).toEqual([true, true, true, false, false, false]);
  });

  test('of a Service: those whose routes name it, else one where a policy does, else none', () => {
    expect(fleetsOfService({ policies }, interested, 'shop/orders')).toEqual(['infra/edge', 'infra/main']);
    expect(fleetsOfService({ policies }, interested, 'far/stock')).toEqual(['infra/main']);
    expect(fleetsOfService({ policies }, interested, 'shop/carts')).toEqual(['infra/edge']);
    expect(fleetsOfService({ policies }, interested, 'shop/nobody')).toEqual([]);
  });

  test('of a grant: those that name a Service in its namespace', () => {
    expect(['far', 'shop', 'fa'].map((one) => fleetsOfGrant(interested, one))).toEqual([
      ['infra/main'],
      ['infra/edge', 'infra/main'],
      [],
    ]);
  });

  test('of a policy: those that name a Service of it, before or now, else one that says what became of it', () => {
    const orders = { ...policy, spec: { targetRefs: [{ name: 'orders' }] } };
    expect(fleetsOfPolicy(interested, [orders, policy])).toEqual(['infra/edge', 'infra/main']);
    expect(fleetsOfPolicy(interested, [policy, undefined])).toEqual(['infra/edge']);
    expect(fleetsOfPolicy([], [policy])).toEqual([]);
  });
});
