import { describe, expect, test } from '@jest/globals';
import type { AnsweringPod } from '../../src/deliver/acknowledgement.ts';
import { type EvictionEvent, Evictor } from '../../src/deliver/evictor.ts';
import { gatewayToEvict, noStaleness, observe, type Staleness } from '../../src/deliver/staleGateways.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import { ManualClock } from '../support/manualClock.ts';
import { acknowledged, answering, FLEET_UID, pod, silent } from '../support/verdicts.ts';

const others = [answering('a', 5), answering('bb', 5)];

function look(nowMs: number, stuck: AnsweringPod, rest: readonly AnsweringPod[] = others, sequence = 5) {
  return { acknowledgement: acknowledged(...rest, stuck), wanted: { epoch: 1, sequence }, fleetUID: FLEET_UID, nowMs };
}

function after(nowMs: number, stuck: AnsweringPod, before: Staleness = noStaleness): Staleness {
  return observe(observe(before, look(0, stuck)), look(nowMs, stuck));
}

describe('a gateway is evicted', () => {
  const stuck = answering('ccc', 4);

  test.each([
    ['after a minute behind', 60_000, stuck, others, true],
    ['not before', 59_999, stuck, others, false],
    ['also when it is silent', 60_000, silent('ccc'), others, true],
    ['not when another is behind too', 60_000, stuck, [answering('a', 5), answering('bb', 4)], false],
    ['not when it is the only one', 60_000, stuck, [], false],
    ['not when it is not ready', 60_000, { ...stuck, pod: pod('ccc', { ready: false }) }, others, false],
    [
      'not while another is leaving',
      60_000,
      stuck,
      [...others, { ...answering('dddd', 5), pod: pod('dddd', { terminating: true }) }],
      false,
    ],
    ['not when it serves the newest', 60_000, answering('ccc', 5), others, false],
  ])('%s', (_, nowMs, one, rest, expected) => {
    const staleness = observe(observe(noStaleness, look(0, one, rest)), look(nowMs, one, rest));
    expect(gatewayToEvict(staleness, look(nowMs, one, rest))?.pod.name).toBe(expected ? 'ccc' : undefined);
  });

  test('not while it makes progress, however far behind it is', () => {
    let staleness = noStaleness;
    for (let second = 0; second <= 180; second += 30) {
      const slow = answering('ccc', second);
      const now = { ...look(second * 1_000, slow, [answering('a', 900), answering('bb', 900)], 900) };
      staleness = observe(staleness, now);
      expect(gatewayToEvict(staleness, now)).toBeUndefined();
    }
  });

  test('ever less often where that does not help', () => {
    const staleness = { ...after(119_999, stuck), evictions: 1 };
    expect(gatewayToEvict(staleness, look(119_999, stuck))).toBeUndefined();
    expect(gatewayToEvict(staleness, look(120_000, stuck))?.pod.name).toBe('ccc');
    expect(observe(staleness, look(1, answering('ccc', 5))).evictions).toBe(0);
  });
});

describe('an evictor', () => {
  test('asks the budget every ten seconds while it forbids, and once it allows, no more', async () => {
    const clock = new ManualClock();
    const events: EvictionEvent[] = [];
    let isAllowed = false;
    const client = {
      async evict() {
        if (!isAllowed) throw new ApiError({ status: 429, reason: 'TooManyRequests', message: 'not now' });
      },
    };
    const evictor = new Evictor({ namespace: 'infra', client, clock, onEviction: (event) => events.push(event) });
    const { nowMs: _, ...facts } = look(0, answering('ccc', 4));
    for (let second = 0; second <= 85; second += 5) {
      await evictor.looked(facts);
      clock.advance(5_000);
    }
    expect(events.map(({ outcome }) => outcome)).toEqual(['Forbidden', 'Forbidden', 'Forbidden']);
    isAllowed = true;
    for (let second = 0; second <= 20; second += 5) {
      clock.advance(5_000);
      await evictor.looked(facts);
    }
    expect(events.at(-1)).toEqual({ outcome: 'Evicted', pod: 'ccc', why: 'pod ccc serves an older table' });
    expect(events).toHaveLength(4);
  });
});
