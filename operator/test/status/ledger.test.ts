import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { Ledger } from '../../src/status/ledger.ts';
import { transitions } from '../../src/status/transitions.ts';
import { unattachedRefs } from '../../src/status/unattached.ts';
import { route, verdict } from '../support/verdicts.ts';

const at = (sequence: number, secrets = 1) => ({
  position: { epoch: 1, sequence },
  secrets: { epoch: 1, sequence: secrets },
  heardAt: () => 7,
  refused: new Map(),
});

describe('the ledger of a fleet’s routes', () => {
  test('tells what is new, what changed and what left, and since which write each stands', () => {
    const ledger = new Ledger();
    const [a, b] = [verdict({ route: route({ name: 'a' }) }), verdict({ route: route({ name: 'b' }) })];
    expect(ledger.record([a, b], at(1))).toEqual(['shop/a', 'shop/b']);
    expect(ledger.record([a, b], at(2))).toEqual([]);
    expect(ledger.records.get('shop/a')?.since.sequence).toBe(1);
    const edited = verdict({ route: route({ name: 'a', generation: 3 }) });
    expect(ledger.record([edited], at(3))).toEqual(['shop/a', 'shop/b']);
    expect([...ledger.records].map(([key, { since }]) => [key, since.sequence])).toEqual([['shop/a', 3]]);
  });

  test('a route that is refused by itself is news, and so is one that is no longer', () => {
    const ledger = new Ledger();
    const refused = new Map([['shop/orders', { reason: 'TooLarge', message: 'large' } as const]]);
    ledger.record([verdict()], at(1));
    expect(ledger.record([verdict()], { ...at(2), refused })).toEqual(['shop/orders']);
    expect(ledger.record([verdict()], { ...at(3), refused })).toEqual([]);
    expect(ledger.record([verdict()], at(4))).toEqual(['shop/orders']);
  });
});

describe('a route that waits for a Secret', () => {
  const waiting = verdict();
  const [rule] = waiting.rules;
  const unresolved = [{ reason: 'SecretNotFound', message: 'not there' }] as const;
  const closed = { ...waiting, rules: [{ ...rule, unresolved }] } as typeof waiting;
  const since = (ledger: Ledger) => ledger.records.get('shop/orders')?.since;

  test('is live with the write of the secrets that has it', () => {
    const ledger = new Ledger();
    ledger.record([closed], at(1, 1));
    expect(since(ledger)).toEqual({ epoch: 1, sequence: 1 });
    expect(ledger.record([waiting], at(1, 2))).toEqual(['shop/orders']);
    expect(since(ledger)).toEqual({ epoch: 1, sequence: 1, secrets: { epoch: 1, sequence: 2 } });
    expect(ledger.record([waiting], at(1, 3))).toEqual([]);
    expect(since(ledger)?.secrets?.sequence).toBe(2);
  });

  test('waits for no write of the routes that is not made, where the Secret alone was held back', () => {
    const ledger = new Ledger();
    ledger.record([closed], at(1, 1));
    ledger.record([waiting], at(2, 2));
    expect(ledger.record([waiting], at(1, 2))).toEqual(['shop/orders']);
    expect(since(ledger)).toEqual({ epoch: 1, sequence: 1, secrets: { epoch: 1, sequence: 2 } });
  });
});

describe('transitions', () => {
  const object = (type: string, status: string, message = 'x'): KubeObject => ({
    metadata: { name: 'shop' },
    status: { parents: [{ conditions: [{ type, status, reason: 'Because', message }] }] },
  });
  const nothing: KubeObject = { metadata: { name: 'shop' } };

  test.each([
    ['a first good word is no news', nothing, object('Accepted', 'True'), []],
    ['a first bad word is', nothing, object('Accepted', 'False'), [false]],
    ['a turn to the bad is', object('Accepted', 'True'), object('Accepted', 'False'), [false]],
    ['a turn to the good is', object('Accepted', 'False'), object('Accepted', 'True'), [true]],
    ['another bad reason is', object('Accepted', 'False'), object('Accepted', 'False', 'y'), [false]],
    ['the same again is not', object('Accepted', 'False'), object('Accepted', 'False'), []],
    ['another good message is not', object('Accepted', 'True'), object('Accepted', 'True', 'y'), []],
    ['True of what is unwelcome is bad', object('Degraded', 'False'), object('Degraded', 'True'), [false]],
    ['a first False of what is unwelcome is no news', nothing, object('Degraded', 'False'), []],
    ['what comes with every edit is not', object('Programmed', 'True'), object('Programmed', 'False'), []],
    ['sums are not', object('Ready', 'True'), object('Ready', 'False'), []],
  ])('%s', (_, before, now, expected) => {
    expect(transitions(now, before).map(({ isGood }) => isGood)).toEqual(expected);
  });
});

describe('references that lead to no fleet', () => {
  const of = (parentRefs?: readonly object[]): KubeObject => ({
    metadata: { namespace: 'shop', name: 'orders' },
    spec: parentRefs === undefined ? {} : { parentRefs },
  });
  const known = {
    fleets: new Set(['infra/edge']),
    defaultFleet: undefined,
    isOurs: (namespace: string) => namespace !== 'theirs',
  };

  test.each([
    ['none, without a default fleet', of(), known, ['NoDefaultFleet']],
    ['none, with one', of(), { ...known, defaultFleet: 'infra/edge' }, []],
    ['one that exists', of([{ name: 'edge', namespace: 'infra' }]), known, []],
    ['one that does not', of([{ name: 'edge' }]), known, ['NoMatchingParent']],
    ['one that is another operator’s', of([{ name: 'edge', namespace: 'theirs' }]), known, []],
  ])('%s', (_, object, knows, expected) => {
    expect(unattachedRefs(object, knows).map(({ finding }) => finding.reason)).toEqual(expected);
  });

  test('name the remedy', () => {
    expect(unattachedRefs(of([{ name: 'edge' }]), known)[0]?.finding.message).toBe(
      'spec.parentRefs[0]: GatewayFleet shop/edge does not exist; create it, or name one of infra/edge',
    );
  });
});
