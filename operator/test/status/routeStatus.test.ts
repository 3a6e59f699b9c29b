import type { GatewayRouteStatus } from '@evergate/crds/gatewayRoute';
import { describe, expect, test } from '@jest/globals';
import type { Acknowledgement } from '../../src/deliver/acknowledgement.ts';
import { type FleetDelivery, programmed } from '../../src/status/programmed.ts';
import { type RouteStatusInput, routeStatus } from '../../src/status/routeStatus.ts';
import { sameVerdict } from '../../src/status/sameVerdict.ts';
import type { RouteVerdict } from '../../src/translate/verdict.ts';
import {
  acknowledged,
  answering,
  CONTROLLER,
  FLEET_UID,
  NOW,
  parent,
  record,
  route,
  rule,
  silent,
  THEN,
  verdict,
} from '../support/verdicts.ts';

function delivery(acknowledgement: Acknowledgement, changes: Partial<FleetDelivery> = {}): FleetDelivery {
  return { fleet: 'infra/edge', fleetUID: FLEET_UID, acknowledgement, ...changes };
}

const live = delivery(acknowledged(answering('edge-1', 5), answering('edge-2', 6)));
const invalid = rule({ invalid: [{ reason: 'InvalidRegex', message: 'no such pattern' }], state: 'NotServed' });
const kept = rule({ ...invalid, state: 'LastKnownGood', servedGeneration: 1 });

describe('Programmed', () => {
  const cases: readonly (readonly [string, ReturnType<typeof record>, FleetDelivery, RegExp])[] = [
    [
      'True Programmed: every gateway serves it',
      record(),
      live,
      /^True Programmed Every gateway of GatewayFleet infra\/edge/,
    ],
    [
      'no gateway',
      record(),
      delivery(acknowledged()),
      /^False NoGatewayReady No gateway of GatewayFleet infra\/edge is ready/,
    ],
    [
      'one is behind',
      record(),
      delivery(acknowledged(answering('edge-1', 4), answering('edge-2', 5))),
      /^False Pending .*: pod edge-1 serves an older table$/,
    ],
    [
      'one serves nothing',
      record(),
      delivery(acknowledged(answering('edge-1', undefined))),
      /^False Pending .*pod edge-1/,
    ],
    [
      'one is silent',
      record(),
      delivery(acknowledged(answering('a', 5), silent('edge-2'))),
      /pod edge-2 does not answer: ECONNREFUSED$/,
    ],
    [
      'one refuses',
      record(),
      delivery(acknowledged(answering('edge-1', 4, { refused: ['x: bad'] }))),
      /pod edge-1 refuses it: x: bad$/,
    ],
    [
      'held back',
      record(),
      delivery(acknowledged(answering('a', 4)), { heldBack: { reason: 'TooLarge', message: 'big' } }),
      /^False TooLarge big$/,
    ],
    ['held back later', record(), { ...live, heldBack: { reason: 'TooLarge', message: 'big' } }, /^True/],
    ['refused alone', record({ refused: { reason: 'TooLarge', message: 'large' } }), live, /^False TooLarge large$/],
    [
      'no listener took it',
      record({ verdict: verdict({ parents: [parent({ listeners: [] })] }) }),
      live,
      /^False NotAccepted/,
    ],
    [
      'a rule is broken',
      record({ verdict: verdict({ rules: [rule(), invalid] }) }),
      live,
      /^False SomeRulesInvalid .*rule all is not served$/,
    ],
    ['a rule is kept', record({ verdict: verdict({ rules: [kept] }) }), live, /rule all is served as of generation 1$/],
    [
      'rules wait',
      record(),
      delivery(acknowledged(answering('a', 5, { waitingRules: ['shop/orders/all'] }))),
      /^False Pending Some gateways .* still wait/,
    ],
    [
      'another route waits',
      record(),
      delivery(acknowledged(answering('a', 5, { waitingRules: ['shop/carts/all'] }))),
      /^True/,
    ],
  ];

  test.each(cases)('%s', (_, of, by, expected) => {
    const found = programmed(of, of.verdict.parents[0] ?? parent(), by);
    expect(`${found.status} ${found.reason} ${found.message}`).toMatch(expected);
  });
});

function input(changes: Partial<RouteStatusInput> = {}): RouteStatusInput {
  const fleets = [{ record: record(), delivery: live }];
  const named = [{ name: 'edge' }] as RouteStatusInput['named'];
  return {
    generation: 2,
    named,
    stored: undefined,
    fleets,
    unattached: [],
    controllerName: CONTROLLER,
    now: NOW,
    ...changes,
  };
}

function ready(status: GatewayRouteStatus): string {
  const conditions = (status.conditions ?? []).filter(({ type }) => type !== 'Accepted');
  return conditions.map(({ type, status: is, reason }) => `${type}=${is}/${reason}`).join(' ');
}

describe('the status of a route', () => {
  test('is Ready without Reconciling or Stalled when all is well, and says since when and how fast', () => {
    const status = routeStatus(input());
    expect(ready(status)).toBe('Ready=True/Ready');
    expect(status.parents?.[0]).toMatchObject({
      controllerName: CONTROLLER,
      programmedGeneration: 2,
      programmedAt: new Date(NOW).toISOString(),
      lastPropagationMs: 40,
    });
  });

  const sums: readonly (readonly [string, Partial<RouteStatusInput>, string])[] = [
    [
      'waits for gateways',
      { fleets: [{ record: record(), delivery: delivery(acknowledged()) }] },
      'Ready=False/NoGatewayReady Reconciling=True/NoGatewayReady',
    ],
    [
      'is too large',
      { fleets: [{ record: record({ refused: { reason: 'TooLarge', message: 'large' } }), delivery: live }] },
      'Ready=False/TooLarge Stalled=True/TooLarge',
    ],
    [
      'has no fleet',
      { fleets: [], named: [], unattached: [{ finding: { reason: 'NoDefaultFleet', message: 'none' } }] },
      'Ready=False/NoDefaultFleet Stalled=True/NoDefaultFleet',
    ],
    [
      'names a fleet that is not there',
      {
        fleets: [],
        unattached: [
          { parentRef: { name: 'edge' } as never, finding: { reason: 'NoMatchingParent', message: 'none' } },
        ],
      },
      'Ready=False/NoMatchingParent Stalled=True/NoMatchingParent',
    ],
    [
      'has a parent of which nobody spoke',
      { named: [{ name: 'edge' }, { name: 'theirs', namespace: 'far' }] as never },
      'Ready=False/Pending Reconciling=True/Pending',
    ],
    ['has nothing to do with us', { fleets: [], named: [] }, ''],
  ];

  test.each(sums)('that %s', (_, changes, expected) => {
    expect(ready(routeStatus(input(changes)))).toBe(expected);
  });

  test('stays the very same when nothing changed, whatever time it is', () => {
    const first = routeStatus(input());
    expect(routeStatus(input({ stored: first, now: NOW + 60_000 }))).toEqual(first);
  });

  test('keeps the time of a condition that says the same, and takes a new one for one that turned', () => {
    const first = routeStatus(input({ now: Date.parse(THEN) }));
    const behind = { record: record(), delivery: delivery(acknowledged(answering('a', 4))) };
    const second = routeStatus(input({ stored: first, fleets: [behind] }));
    const times = (second.parents?.[0]?.conditions ?? []).map((one) => [one.type, one.lastTransitionTime === THEN]);
    expect(times).toEqual([
      ['Accepted', true],
      ['Programmed', false],
    ]);
    expect(second.parents?.[0]?.programmedGeneration).toBe(2);
  });

  test('keeps the entries of other controllers, and is the same whichever of two writes last', () => {
    const refs = { named: [{ name: 'edge' }, { name: 'far', namespace: 'far' }] as never };
    const other = 'example.com/other';
    const far = record({
      verdict: verdict({ parents: [parent({ parentRef: { name: 'far', namespace: 'far' } as never })] }),
    });
    const one = routeStatus(input(refs));
    const two = routeStatus(
      input({ ...refs, stored: one, controllerName: other, fleets: [{ record: far, delivery: live }] }),
    );
    const three = routeStatus(input({ ...refs, stored: two }));
    expect(two.parents?.map(({ controllerName }) => controllerName)).toEqual([CONTROLLER, other]);
    expect(three).toEqual(two);
    expect(ready(three)).toBe('Ready=True/Ready');
  });

  test('of a new generation is not Ready before every controller has looked at it', () => {
    const refs = { named: [{ name: 'edge' }, { name: 'far', namespace: 'far' }] as never };
    const old = record({
      verdict: verdict({
        route: route({ generation: 1 }),
        parents: [parent({ parentRef: { name: 'far', namespace: 'far' } as never })],
      }),
    });
    const stored = routeStatus(
      input({ ...refs, generation: 1, controllerName: 'example.com/other', fleets: [{ record: old, delivery: live }] }),
    );
    const status = routeStatus(input({ ...refs, stored }));
    expect(ready(status)).toBe('Ready=False/Pending Reconciling=True/Pending');
    expect(status.conditions?.[0]?.message).toBe('example.com/other has not looked at this generation yet');
  });
});

describe('two verdicts', () => {
  const changes: readonly (readonly [string, Partial<RouteVerdict>])[] = [
    ['another generation', { route: route({ generation: 3 }) }],
    ['another object', { route: route({ uid: 'other' }) }],
    ['another parent', { parents: [parent({ parentRef: { name: 'edge', sectionName: 'https' } as never })] }],
    ['one parent more', { parents: [parent(), parent()] }],
    ['another listener', { parents: [parent({ listeners: ['https'] })] }],
    ['a condition', { parents: [parent({ conditions: [] })] }],
    [
      'a message',
      { parents: [parent({ conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'x' }] })] },
    ],
    ['a rule’s state', { rules: [rule({ state: 'NotServed' })] }],
    ['a rule’s finding', { rules: [invalid] }],
    ['a rule’s generation', { rules: [rule({ servedGeneration: 1 })] }],
    ['a conflict', { rules: [rule({ conflicts: [{ reason: 'Conflicted', message: 'x' }] })] }],
    ['a reference', { rules: [rule({ unresolved: [{ reason: 'BackendNotFound', message: 'x' }] })] }],
  ];

  test.each(changes)('differ by %s', (_, change) => {
    expect(sameVerdict(verdict(), verdict(change))).toBe(false);
    expect(sameVerdict(verdict(change), verdict(change))).toBe(true);
  });
});
