import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Acknowledgement, PodAnswer } from '../../src/deliver/acknowledgement.ts';
import { Acknowledger } from '../../src/deliver/acknowledger.ts';
import type { FleetPod } from '../../src/deliver/fleetPods.ts';
import { settle } from '../support/eventually.ts';
import { ManualClock } from '../support/manualClock.ts';
import { FLEET_UID, pod, report } from '../support/verdicts.ts';

let clock: ManualClock;
let pods: FleetPod[];
let wanted: { readonly epoch: number; readonly sequence: number } | undefined;
let answers: Map<string, PodAnswer | Promise<PodAnswer>>;
let asked: string[];
let changes: Acknowledgement[];
let asking: number;
let mostAtOnce: number;

const serves = (sequence: number): PodAnswer => ({ outcome: 'Answered', report: report(sequence) });
const unreachable: PodAnswer = { outcome: 'Unreachable', why: 'ECONNREFUSED' };

beforeEach(() => {
  clock = new ManualClock();
  pods = [pod('a'), pod('bb'), pod('ccc')];
  wanted = { epoch: 1, sequence: 1 };
  answers = new Map();
  asked = [];
  changes = [];
  asking = 0;
  mostAtOnce = 0;
});

/** By then the first look after a change is over. */
const SOON_MS = 16;

function start(): Acknowledger {
  return new Acknowledger({
    fleetUID: FLEET_UID,
    clock,
    pods: () => pods,
    wanted: () => wanted,
    onChange: (now) => changes.push(now),
    async ask(address) {
      asked.push(address);
      asking += 1;
      mostAtOnce = Math.max(mostAtOnce, asking);
      const answer = await (answers.get(address) ?? serves(1));
      asking -= 1;
      return answer;
    },
  });
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

function addressOf(name: string): string {
  return pod(name).address ?? '';
}

describe('gateways are asked', () => {
  test('at once, and then only every four seconds when all serve what they should', async () => {
    const acknowledger = start();
    expect(acknowledger.hasLooked).toBe(false);
    await pass(SOON_MS);
    expect([asked.length, changes.length, acknowledger.hasLooked]).toEqual([3, 1, true]);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ epoch: 1, sequence: 1 });
    await pass(100);
    const before = asked.length;
    await pass(3_500);
    expect(asked.length).toBe(before);
    await pass(600);
    expect(asked.length).toBe(before + 3);
    expect(changes).toHaveLength(1);
  });

  test('often after a write until all serve it, and ever less often where one does not', async () => {
    const acknowledger = start();
    await pass(SOON_MS);
    await pass(100);
    wanted = { epoch: 1, sequence: 2 };
    acknowledger.expect();
    const before = asked.length;
    for (let ms = 0; ms < 220; ms += 2) await pass(2);
    const soon = (asked.length - before) / 3;
    for (let ms = 0; ms < 14_000; ms += 100) await pass(100);
    const within15Seconds = (asked.length - before) / 3;
    expect(soon).toBeGreaterThanOrEqual(5);
    expect(within15Seconds).toBeLessThan(60);
    for (const name of ['a', 'bb', 'ccc']) answers.set(addressOf(name), serves(2));
    await pass(500);
    expect(changes.at(-1)?.routesFrom).toMatchObject({ sequence: 2 });
  });

  test('one that is new is asked at once, and nothing is concluded before it has answered', async () => {
    const acknowledger = start();
    await pass(SOON_MS);
    const answer = Promise.withResolvers<PodAnswer>();
    pods = [...pods, pod('dddd')];
    answers.set(addressOf('dddd'), answer.promise);
    wanted = { epoch: 1, sequence: 2 };
    for (const name of ['a', 'bb', 'ccc']) answers.set(addressOf(name), serves(2));
    acknowledger.expect();
    await pass(SOON_MS);
    await pass(20);
    expect(asked).toContain(addressOf('dddd'));
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 1 });
    answer.resolve(serves(2));
    await pass(0);
    expect(acknowledger.acknowledgement.receiving).toHaveLength(4);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 2 });
  });

  test('a silent one that does not count delays nobody’s word', async () => {
    pods = [pod('a'), pod('bb', { ready: false, mayReceive: false })];
    answers.set(addressOf('bb'), new Promise(() => {}));
    const acknowledger = start();
    await pass(SOON_MS);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 1 });
    wanted = { epoch: 1, sequence: 2 };
    answers.set(addressOf('a'), serves(2));
    acknowledger.expect();
    await pass(SOON_MS);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 2 });
    expect(asked.filter((address) => address === addressOf('bb'))).toHaveLength(1);
  });

  test('one that answered a moment ago is taken at its word while it does not answer, for 15 s', async () => {
    const acknowledger = start();
    await pass(SOON_MS);
    answers.set(addressOf('bb'), unreachable);
    for (let looks = 0; looks < 3; looks++) await pass(4_000);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 1 });
    for (let looks = 0; looks < 2; looks++) await pass(4_000);
    expect(acknowledger.acknowledgement.routesFrom).toBeUndefined();
    answers.delete(addressOf('bb'));
    await pass(4_000);
    expect(acknowledger.acknowledgement.routesFrom).toMatchObject({ sequence: 1 });
  });

  test('at most 32 at once, each in its turn', async () => {
    pods = Array.from({ length: 100 }, (_, i) => pod(`edge-${i}`, { address: `10.0.1.${i}` }));
    const acknowledger = start();
    await pass(SOON_MS);
    expect(mostAtOnce).toBe(32);
    expect(new Set(asked).size).toBe(100);
    expect(acknowledger.acknowledgement.receiving).toHaveLength(100);
  });

  test('those that are gone are forgotten', async () => {
    const acknowledger = start();
    await pass(SOON_MS);
    pods = [pod('a')];
    acknowledger.expect();
    await pass(SOON_MS);
    expect(acknowledger.acknowledgement.pods.map(({ pod: { name } }) => name)).toEqual(['a']);
  });

  test('none any more once it is closed', async () => {
    const acknowledger = start();
    acknowledger.close();
    await pass(10_000);
    expect([asked, clock.waiting]).toEqual([[], 0]);
  });

  test('however often something changes, the next look comes in time', async () => {
    const acknowledger = start();
    for (let i = 0; i < 20; i++) {
      await pass(4);
      acknowledger.expect();
    }
    expect(asked.length).toBeGreaterThanOrEqual(9);
  });
});
