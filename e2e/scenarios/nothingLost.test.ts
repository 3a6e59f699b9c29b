import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena, releaseNamespace } from '../src/cluster/arena.ts';
import { changeFleet, fleetSettled, gatewayPods } from '../src/cluster/fleet.ts';
import { leader, newLeader, operatorSettled, scaleOperator } from '../src/cluster/operator.ts';
import { upstreamRolledOut } from '../src/cluster/rollout.ts';
import { type Accounted, type LoadSettings, underLoad } from '../src/cluster/underLoad.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

function expectNothingLost({ result, discrepancies }: Accounted): void {
  expect(result.examples.slice(0, 5)).toEqual([]);
  expect(result.notSent).toBe(0);
  expect(discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
}

async function rollFleet(): Promise<void> {
  const fleet = await arena.kubectl.json<{ spec: { shutdown?: { drainTimeout?: string } } }>([
    'get',
    'gatewayfleet',
    'edge',
    '-n',
    arenaNamespace,
    '-o',
    'json',
  ]);
  const drainTimeout = fleet.spec.shutdown?.drainTimeout === '31s' ? '32s' : '31s';
  await changeFleet(arena, { shutdown: { drainTimeout } }, 3);
}

/** One after the other, each when the fleet is whole again. */
async function evictEach(): Promise<void> {
  for (const { metadata } of await gatewayPods(arena)) {
    const path = `/api/v1/namespaces/${arenaNamespace}/pods/${metadata.name}/eviction`;
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
    await arena.kubectl.post(path, eviction);
    await fleetSettled(arena, 3);
  }
}

async function scaleOutAndIn(): Promise<void> {
  await changeFleet(arena, { replicas: 6 }, 6);
  await delay(3_000);
  await changeFleet(arena, { replicas: 3 }, 3);
}

async function killOperator(): Promise<void> {
  const former = (await leader(arena)) ?? '';
  await arena.kubectl.run(['delete', 'pod', former, '-n', releaseNamespace, '--force', '--grace-period=0']);
  await newLeader(arena, former, 60_000);
  await operatorSettled(arena, 2);
}

async function changeLeader(): Promise<void> {
  const former = (await leader(arena)) ?? '';
  await arena.kubectl.run(['delete', 'pod', former, '-n', releaseNamespace]);
  await newLeader(arena, former, 60_000);
}

const faults: readonly (readonly [string, () => Promise<void>, LoadSettings])[] = [
  ['rolling update of the fleet', rollFleet, { downloadSeconds: 10, eventStream: true, webSocket: true }],
  ['scale from 3 to 6 and back', scaleOutAndIn, {}],
  ['eviction of each gateway in turn', evictEach, {}],
  ['rollout of the upstream', () => upstreamRolledOut(arena, 'stable'), {}],
  ['operator killed and replaced', killOperator, {}],
  ['change of the leader', changeLeader, {}],
];

test.each(faults)('nothing is lost: %s', async (name, fault, settings) => {
  const run = await underLoad(arena, name.replaceAll(' ', '-'), fault, settings);
  expectNothingLost(run);
  // Twenty seconds are what a gateway gives an exchange at least before it leaves; downloads here take ten.
  expect(run.result.streams.download?.reasons ?? []).toEqual([]);
});

test('nothing of the GETs is lost: all pods of the backend replaced while the operator is stopped', async () => {
  await scaleOperator(arena, 0);
  try {
    const replaceAll = () => upstreamRolledOut(arena, 'stable');
    const run = await underLoad(arena, 'backend-replaced-without-operator', replaceAll);
    expect(run.result.examples.filter(({ kind }) => kind.endsWith('GET'))).toEqual([]);
    expect(run.discrepancies.postsRepeated).toEqual([]);
    expect(run.discrepancies.acknowledgedUnseen).toEqual([]);
  } finally {
    await scaleOperator(arena, 2);
  }
});
