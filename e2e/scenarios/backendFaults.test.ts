import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { record, verdict } from '../src/cluster/figures.ts';
import { serviceTarget } from '../src/cluster/fleet.ts';
import { upstreamObjects } from '../src/cluster/instruments.ts';
import { upstreamAddresses } from '../src/cluster/manualBackend.ts';
import { upstreamRolledOut } from '../src/cluster/rollout.ts';
import { backendRule, routeObject } from '../src/cluster/routes.ts';
import { type Accounted, type LoadSettings, underLoad } from '../src/cluster/underLoad.ts';

const name = 'sturdy';
const PODS = 3;
const PER_TRY_MS = 2_000;
/** How long packets are dropped: until every gateway has found out, and some seconds of life without the pod. */
const HOLE_MS = 8_000;

const policy = {
  apiVersion: 'evergate.dev/v1alpha1',
  kind: 'BackendPolicy',
  metadata: { name, namespace: arenaNamespace },
  spec: {
    targetRefs: [{ name }],
    connectTimeout: '500ms',
    passiveHealth: { maxFails: 3, failTimeout: '10s' },
    activeHealth: { path: '/ready', interval: '1s', timeout: '500ms', unhealthyThreshold: 2 },
  },
};
const rule = {
  ...backendRule(`/${name}`, name),
  timeouts: { backendRequest: `${PER_TRY_MS}ms` },
  retry: { attempts: 1 },
};
const route = routeObject({ name, rules: [rule] });
/** Answers take a while, so that some requests are under way wherever the fault strikes, and upstreams have told the ledger of them. */
const load: LoadSettings = { target: `http://${serviceTarget.address}/${name}?do=slow&ms=300`, connections: 64 };

let arena: Arena;
let objects: readonly object[] = [];

beforeAll(async () => {
  arena = await openArena();
  const placed = { namespace: arenaNamespace, image: arena.instrumentsImage };
  objects = [...upstreamObjects(placed, { name, replicas: PODS }), policy, route];
  await arena.kubectl.apply(objects);
  await backendReady();
  const ready = ['wait', '--for=condition=Ready', `gatewayroute/${name}`, '--timeout=60s'];
  await arena.kubectl.run(['-n', arenaNamespace, ...ready]);
});

afterAll(() => arena.kubectl.delete(objects));

async function backendReady(): Promise<void> {
  await arena.kubectl.run(['-n', arenaNamespace, 'rollout', 'status', `deployment/${name}`, '--timeout=120s']);
}

async function anyPod(): Promise<string> {
  const [first] = await upstreamAddresses(arena, name);
  if (first === undefined) throw new Error('the backend has no pod');
  return first.pod;
}

/** SIGKILL of its process; resolves when the kubelet has started it again. */
async function killOne(): Promise<void> {
  const pod = await anyPod();
  await arena.nodes.kill(await arena.nodes.find(arenaNamespace, pod, 'upstream'));
  const restarted = '--for=jsonpath={.status.containerStatuses[0].restartCount}=1';
  await arena.kubectl.run(['-n', arenaNamespace, 'wait', restarted, `pod/${pod}`, '--timeout=60s']);
  await backendReady();
}

async function blackHoleOne(): Promise<void> {
  await using _ = await arena.nodes.blackHole(arenaNamespace, await anyPod());
  await delay(HOLE_MS);
}

/** Printed beside the account: how much of what was under way was lost, and for how long others waited. */
async function recordVerdicts(what: string, { result }: Accounted): Promise<void> {
  const posts = result.examples.filter(({ kind }) => kind.endsWith('POST')).length;
  await record(`Backend ${what}: verdicts`, {
    'GETs lost': result.lost - posts,
    'POSTs lost': posts,
    'most POSTs under way at once': result.mostPostsUnderWay,
    'p99 under twice the time of one try': verdict(result.latency.p99Ms, 2 * PER_TRY_MS, true),
  });
}

test.each([
  ['killed', killOne],
  ['black-holed', blackHoleOne],
] as const)('one of three backends %s: no GET fails, and of the POSTs those under way at most', async (what, fault) => {
  const run = await underLoad(arena, `backend-${what}`, fault, load);
  const { examples, lost, mostPostsUnderWay } = run.result;
  await recordVerdicts(what, run);
  expect(examples.filter(({ kind }) => kind.endsWith('GET'))).toEqual([]);
  expect(lost).toBeLessThanOrEqual(mostPostsUnderWay);
  expect(run.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
});

test('a rolling restart of all backends loses nothing', async () => {
  const run = await underLoad(arena, 'backend-rolled', () => upstreamRolledOut(arena, name), load);
  await recordVerdicts('rolled', run);
  expect(run.result.examples.slice(0, 5)).toEqual([]);
  expect(run.result.notSent).toBe(0);
  expect(run.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
});
