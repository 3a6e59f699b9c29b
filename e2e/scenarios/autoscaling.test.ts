import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, fleetName, openArena } from '../src/cluster/arena.ts';
import { fairShares, patchFleet, requestsByGateway, requireMetrics, shownTargets } from '../src/cluster/autoscaler.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { record } from '../src/cluster/figures.ts';
import { fleetSettled, gatewayPods } from '../src/cluster/fleet.ts';
import type { KubernetesObject } from '../src/cluster/kubectl.ts';
import type { PodTask } from '../src/cluster/podTask.ts';
import { accounted, startLoad, underLoad } from '../src/cluster/underLoad.ts';
import type { LoadResult } from '../src/load/runLoad.ts';
import type { RequestCounts } from '../src/load/tally.ts';

const FEWEST = 3;
const MOST = 5;
const REST_MS = 180_000;
const SCALE_MS = 180_000;
const HPA_MS = 30_000;
const END_MS = 120_000;
const AGE_SECONDS = 5;
/** How long after its age a connection may be where it was. */
const SHARE_AFTER_MS = (AGE_SECONDS + 30) * 1_000;
const COUNT_MS = 15_000;
/** Those who connect choose a gateway by chance; many make that even. */
const CONNECTIONS = 60;
const QUIET_RATE = 10;
/** Of one load; there are more where the machine is too fast for one to be noticed. */
const BUSY_RATE = 160;
const MOST_LOADS = 3;
const NOTICED_MS = 60_000;
const TEST_MS = 600_000;

/** As impatient as an autoscaler may be: its own pace is not what is tested. */
const impatient = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Pods', value: MOST - FEWEST, periodSeconds: 15 }],
};
/** Far above what gateways use at rest, and far below what they use under the load. */
const TARGET = 30;
const limits = { minReplicas: FEWEST, maxReplicas: MOST, cpuUtilization: TARGET };
const autoscaling = { ...limits, behavior: { scaleUp: impatient, scaleDown: impatient } };
/** While shares are counted no gateway goes. */
const growing = { ...limits, behavior: { scaleUp: impatient, scaleDown: { ...impatient, selectPolicy: 'Disabled' } } };
const shrinking = { ...limits, behavior: { scaleUp: impatient, scaleDown: { ...impatient, selectPolicy: 'Max' } } };

interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly rollingUpdate: { readonly maxSurge: number | string } };
  };
}

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
  await requireMetrics(arena);
});

afterAll(async () => {
  await patchFleet(arena, { autoscaling: null, rollout: null, clientTraffic: { maxConnectionAge: null } });
  await fleetSettled(arena, FEWEST);
});

/** `kubectl get hpa` shows little work for the fewest gateways: those that have just started worked more. */
async function atRest(): Promise<void> {
  await eventually(REST_MS, `kubectl get hpa to show less than ${TARGET} % of the processor`, async () => {
    const [, used] = /^cpu: (\d+)%\/\d+%$/.exec(await shownTargets(arena)) ?? [];
    return used !== undefined && Number(used) < TARGET && (await deployment()).replicas === FEWEST;
  });
  await fleetSettled(arena, FEWEST);
}

async function namesOfPods(): Promise<readonly string[]> {
  return (await gatewayPods(arena)).map(({ metadata }) => metadata.name);
}

/** One load after the other, until the autoscaler wants as many as it may. */
async function busyUntilGrown(): Promise<readonly PodTask<LoadResult, RequestCounts>[]> {
  const loads: PodTask<LoadResult, RequestCounts>[] = [];
  const isGrown = async (): Promise<boolean> => (await deployment()).replicas === MOST;
  while (!(await isGrown()) && loads.length < MOST_LOADS) {
    loads.push(await startLoad(arena, 'autoscaling-busy', { ratePerSecond: BUSY_RATE, connections: CONNECTIONS }));
    await eventually(NOTICED_MS, `the autoscaler to want ${MOST} gateways`, isGrown).catch(() => {});
  }
  await fleetSettled(arena, MOST);
  return loads;
}

/** Resolves with the shares of the gateways that were added, when they have had their time. */
async function grow(): Promise<readonly number[]> {
  const first = await namesOfPods();
  const start = performance.now();
  const loads = await busyUntilGrown();
  await record('The autoscaler under load', {
    'kubectl get hpa': await shownTargets(arena),
    'requests a second': loads.length * BUSY_RATE + QUIET_RATE,
    'seconds until all were ready': (performance.now() - start) / 1_000,
  });
  await delay(SHARE_AFTER_MS);
  const before = await requestsByGateway(arena);
  await delay(COUNT_MS);
  const shares = fairShares(before, await requestsByGateway(arena));
  for (const load of loads) await nothingLost(load);
  return [...shares].filter(([name]) => !first.includes(name)).map(([, share]) => share);
}

async function nothingLost(load: PodTask<LoadResult, RequestCounts>): Promise<void> {
  await load.stop();
  const { result, discrepancies } = await accounted(arena, await load.result(END_MS));
  await record('While the fleet grew', { requests: result.sent, lost: result.lost });
  expect(result.examples.slice(0, 5)).toEqual([]);
  expect(discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
}

async function deployment(): Promise<Deployment['spec']> {
  return (await arena.kubectl.get<Deployment>('deployment', arenaNamespace, fleetName)).spec;
}

test(
  'under load the autoscaler adds gateways that get their share, removes them after it, and nothing is lost',
  async () => {
    await patchFleet(arena, { autoscaling, clientTraffic: { maxConnectionAge: `${AGE_SECONDS}s` } });
    await atRest();
    await patchFleet(arena, { autoscaling: growing });
    let shares: readonly number[] = [];
    const run = await underLoad(
      arena,
      'autoscaling',
      async () => {
        shares = await grow();
        await patchFleet(arena, { autoscaling: shrinking });
        await eventually(
          SCALE_MS,
          `the autoscaler to want ${FEWEST} again`,
          async () => (await deployment()).replicas === FEWEST,
        );
        await fleetSettled(arena, FEWEST);
      },
      { ratePerSecond: QUIET_RATE },
    );
    await record('Gateways that the autoscaler added', {
      'share of requests, of a fair one': shares.map((share) => share.toFixed(2)).join(' '),
    });
    expect(run.result.examples.slice(0, 5)).toEqual([]);
    expect(run.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
    expect(shares).toHaveLength(MOST - FEWEST);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
  },
  TEST_MS,
);

test('with mode External there is no autoscaler, and what somebody else sets stays', async () => {
  await patchFleet(arena, { autoscaling: { mode: 'External', behavior: null } });
  await eventually(HPA_MS, 'the autoscaler to go', async () => (await shownTargets(arena)) === '');
  const { kubectl } = arena;
  await kubectl.run(['scale', 'deployment', fleetName, '-n', arenaNamespace, '--replicas=4']);
  await fleetSettled(arena, 4);
  await patchFleet(arena, { rollout: { maxSurge: 2 } });
  await eventually(HPA_MS, 'the operator to change the Deployment', async () => {
    return (await deployment()).strategy.rollingUpdate.maxSurge === 2;
  });
  expect((await deployment()).replicas).toBe(4);
});
