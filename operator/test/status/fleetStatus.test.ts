import type { GatewayFleetStatus } from '@evergate/crds/gatewayFleet';
import { describe, expect, test } from '@jest/globals';
import { addressesOf } from '../../src/status/addresses.ts';
import { stampConditions, summarise } from '../../src/status/conditions.ts';
import { type FleetStatusInput, fleetStatus } from '../../src/status/fleetStatus.ts';
import { policyStatus } from '../../src/status/policyStatus.ts';
import { accepted, acknowledged, answering, FLEET_UID, NOW, pod, silent, THEN } from '../support/verdicts.ts';

const published = { epoch: 1, sequence: 5, revision: 'abc', documents: '1.5.1.1' };

function input(changes: Partial<FleetStatusInput> = {}): FleetStatusInput {
  const fleet = { namespace: 'infra', name: 'edge', generation: 3, uid: FLEET_UID };
  return {
    verdict: { fleet, conditions: [accepted], listeners: [{ name: 'http', attachedRoutes: 7 }] },
    stored: undefined,
    acknowledgement: acknowledged(answering('edge-1', 5), answering('edge-22', 5), answering('edge-333', 6)),
    desired: 3,
    mayBeMissing: 1,
    published,
    heldBack: undefined,
    complaints: [],
    addresses: [],
    now: NOW,
    ...changes,
  };
}

function said({ conditions }: GatewayFleetStatus): string {
  return (conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`).join(' ');
}

const tooLarge = { reason: 'TooLarge', message: 'big' } as const;

describe('the status of a fleet', () => {
  const well =
    'Accepted=True/Accepted Programmed=True/Programmed Available=True/Available Degraded=False/AllWell Ready=True/Ready';
  const cases: readonly (readonly [string, Partial<FleetStatusInput>, string])[] = [
    ['all is well', {}, well],
    ['one gateway may be missing', { acknowledgement: acknowledged(answering('a', 5), answering('bb', 5)) }, well],
    [
      'more are missing',
      { acknowledgement: acknowledged(answering('a', 5)) },
      'Accepted=True/Accepted Programmed=True/Programmed Available=False/TooFewGateways Degraded=False/AllWell Ready=False/TooFewGateways Reconciling=True/TooFewGateways',
    ],
    [
      'nothing is written yet',
      { published: undefined, acknowledgement: acknowledged() },
      'Accepted=True/Accepted Programmed=False/Pending Available=False/TooFewGateways Degraded=False/AllWell Ready=False/Pending Reconciling=True/Pending',
    ],
    [
      'the table does not fit',
      { heldBack: tooLarge },
      'Accepted=True/Accepted Programmed=False/TooLarge Available=True/Available Degraded=True/TooLarge Ready=False/TooLarge Stalled=True/TooLarge',
    ],
    [
      'it is throttled',
      { heldBack: { reason: 'Throttled', message: 'slow' } },
      'Accepted=True/Accepted Programmed=False/Throttled Available=True/Available Degraded=False/AllWell Ready=False/Throttled Reconciling=True/Throttled',
    ],
    [
      'an object is not ours',
      { complaints: [{ reason: 'ObjectNotOurs', message: 'Service x' }] },
      'Accepted=True/Accepted Programmed=True/Programmed Available=True/Available Degraded=True/ObjectNotOurs Ready=True/Ready',
    ],
    [
      'it is invalid',
      { verdict: { ...input().verdict, conditions: [{ ...accepted, status: 'False', reason: 'UnsupportedValue' }] } },
      'Accepted=False/UnsupportedValue Programmed=True/Programmed Available=True/Available Degraded=False/AllWell Ready=False/UnsupportedValue Stalled=True/UnsupportedValue',
    ],
    [
      'a gateway is silent',
      { acknowledgement: acknowledged(answering('a', 5), answering('bb', 5), silent('ccc')) },
      'Accepted=True/Accepted Programmed=False/Pending Available=True/Available Degraded=True/GatewayUnreachable Ready=False/Pending Reconciling=True/Pending',
    ],
  ];

  test.each(cases)('when %s', (_, changes, expected) => {
    expect(said(fleetStatus(input(changes)))).toBe(expected);
  });

  test('counts the gateways that are ready, and those that serve the newest table', () => {
    const leaving = {
      ...answering('dddd', 5),
      pod: pod('dddd', { ready: false, mayReceive: true, terminating: true }),
    };
    const acknowledgement = acknowledged(answering('a', 5), answering('bb', 4), leaving);
    const { replicas, revision, listeners } = fleetStatus(input({ acknowledgement }));
    expect([replicas, revision, listeners]).toEqual([
      { desired: 3, ready: 2, onRevision: 2 },
      'abc',
      [{ name: 'http', attachedRoutes: 7 }],
    ]);
  });

  test('names the node that all gateways share', () => {
    const pods = ['a', 'bb'].map((name) => ({ ...answering(name, 5), pod: pod(name, { node: 'node-1' }) }));
    const { conditions } = fleetStatus(input({ acknowledgement: acknowledged(...pods) }));
    expect(conditions?.find(({ type }) => type === 'Degraded')?.message).toMatch(/All gateways run on node node-1/);
  });

  test('stays the same when nothing changed, whatever time it is', () => {
    const first = fleetStatus(input());
    expect(fleetStatus(input({ stored: first, now: NOW + 60_000 }))).toEqual(first);
  });
});

describe('conditions', () => {
  test('keep their time while their status stays, also with another reason', () => {
    const stored = stampConditions([accepted], 1, [], THEN);
    const now = '2026-02-02T00:00:00.000Z';
    const [same] = stampConditions([{ ...accepted, message: 'else' }], 2, stored, now);
    const [turned] = stampConditions([{ ...accepted, status: 'False' }], 2, stored, now);
    expect([same?.lastTransitionTime, same?.observedGeneration, turned?.lastTransitionTime]).toEqual([THEN, 2, now]);
  });

  test.each(['Passing', 'Lasting'] as const)('of kstatus are at most one (%s)', (obstacle) => {
    const bad = summarise({ status: 'False', reason: 'Pending', message: 'x' }, obstacle).map(({ type }) => type);
    expect(bad).toEqual(['Ready', obstacle === 'Passing' ? 'Reconciling' : 'Stalled']);
    expect(summarise({ status: 'True', reason: 'Ready', message: 'x' }, obstacle)).toHaveLength(1);
  });
});

describe('the status of a policy', () => {
  const closed: ReadonlySet<string> = new Set();
  const policy = { namespace: 'shop', name: 'calm', generation: 4 };
  const conflicted = { type: 'Conflicted', status: 'True', reason: 'Conflicted', message: 'older one' } as const;

  test('is Ready while nothing stands in the way, and Stalled otherwise', () => {
    const good = policyStatus({ policy, conditions: [accepted] }, closed, undefined, NOW);
    const bad = policyStatus({ policy, conditions: [accepted, conflicted] }, closed, good, NOW + 1_000);
    expect(good.conditions?.map(({ type }) => type)).toEqual(['Accepted', 'Ready']);
    expect(bad.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Accepted=True',
      'Conflicted=True',
      'Ready=False',
      'Stalled=True',
    ]);
    expect(bad.observedGeneration).toBe(4);
  });

  test('says of each Service that it guards whether a circuit breaker is open, and that is no obstacle', () => {
    const verdict = { policy, guarded: ['shop/orders'], conditions: [accepted] };
    const circuitOf = (tripped: readonly string[]) => {
      const { conditions } = policyStatus(verdict, new Set(tripped), undefined, NOW);
      expect(conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
      return conditions?.find(({ type }) => type === 'CircuitOpen');
    };
    expect(circuitOf([])).toMatchObject({ status: 'False', reason: 'CircuitClosed' });
    expect(circuitOf(['shop/orders-2:80', 'other/orders:80'])).toMatchObject({ status: 'False' });
    const open = circuitOf(['shop/orders:8080', 'shop/orders:80', 'other/orders:80']);
    expect(open).toMatchObject({ status: 'True', reason: 'CircuitOpen' });
    expect(open?.message).toContain('of shop/orders:80, shop/orders:8080 is open');
  });
});

describe('the addresses of a Service', () => {
  const of = (spec: object, ingress?: object[]): unknown =>
    addressesOf({
      metadata: { name: 'edge' },
      spec,
      status: ingress === undefined ? {} : { loadBalancer: { ingress } },
    });

  test.each([
    ['of none', addressesOf(undefined), []],
    ['inside the cluster', of({ clusterIPs: ['10.0.0.1', 'fd00::1'] }), ['10.0.0.1', 'fd00::1']],
    ['of a headless one', of({ clusterIPs: ['None'] }), []],
    ['of a balancer that is not there yet', of({ type: 'LoadBalancer', clusterIPs: ['10.0.0.1'] }), []],
    [
      'of a balancer',
      of({ type: 'LoadBalancer' }, [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }, {}]),
      ['192.0.2.1', 'lb.example.com'],
    ],
  ])('%s', (_, found, expected) => {
    expect((found as { value: string }[]).map(({ value }) => value)).toEqual(expected);
  });
});
