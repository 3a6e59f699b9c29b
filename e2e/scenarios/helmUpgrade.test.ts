import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, fleetName, openArena } from '../src/cluster/arena.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { record } from '../src/cluster/figures.ts';
import { type GatewayPod, isReady, leastRestarted, restarts } from '../src/cluster/fleet.ts';
import { loadImages } from '../src/cluster/images.ts';
import { buildNextImages, imageNames, type ProductImages } from '../src/cluster/productImages.ts';
import { installRelease, rollBack } from '../src/cluster/release.ts';
import { backendRule, crowdHost, editText, routeObject } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import { type Accounted, runOf, underLoad } from '../src/cluster/underLoad.ts';
import {
  allOfBuild,
  gatewaysByBuild,
  goOnTo,
  hold,
  holdHalfWay,
  resume,
  stayingTargets,
  tableVersion,
} from '../src/cluster/versions.ts';

const RESTART_MS = 60_000;
const VERSION_MS = 30_000;
const EDIT_MS = 30_000;
/** Until nobody sends anything to a pod that was killed. */
const CALM_MS = 3_000;
const CROWD_ROUTE = 7;

/** What a killed process had under way is lost with it; a careful client asks once more. */
const retries = { getRetries: 1, postPercent: 0 };

const keptHost = 'kept.test';
const keptRoute = (service: string): object => {
  return routeObject({ name: 'kept', hostnames: [keptHost], rules: [backendRule('/', service)] });
};

let arena: Arena;
let next: ProductImages;
let edits = 0;

beforeAll(async () => {
  arena = await openArena();
  next = await buildNextImages(arena.product);
  await loadImages(arena.cluster, imageNames(next));
});

afterAll(async () => {
  await installRelease(arena.kubectl, arena.product);
  await allOfBuild(arena, arena.product);
  await arena.kubectl.startDeletion([keptRoute('stable')]);
});

function expectNothingLost({ result, discrepancies }: Accounted): void {
  expect(result.examples.slice(0, 5)).toEqual([]);
  expect(result.notSent).toBe(0);
  expect(discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
}

/** Edits a route; resolves when every gateway shows it. What it says then is the newest table's. */
async function edit(): Promise<string> {
  edits += 1;
  const body = `edit ${edits}`;
  const question = { host: crowdHost(CROWD_ROUTE), path: '/text' };
  const calls = [editText(CROWD_ROUTE, body)];
  const targets = await stayingTargets(arena);
  const results = await probe(arena, [{ name: body, calls, question, until: { body }, before: [{ status: 200 }] }], {
    limitMs: EDIT_MS,
    targets,
  });
  expect(flaws(results)).toEqual([]);
  expect(effectiveMs(results)[0]).toBeLessThan(EDIT_MS);
  return body;
}

/** From the first answer on, every ready gateway serves the edit and the route that is served as it last was good. */
async function expectCurrent(body: string, restarted?: string): Promise<void> {
  const newest = { host: crowdHost(CROWD_ROUTE), path: '/text' };
  const kept = { host: keptHost, path: '/' };
  const steps = [
    { name: 'newest', calls: [], question: newest, until: { body }, before: [] },
    { name: 'kept', calls: [], question: kept, until: { status: 200 }, before: [] },
  ];
  const targets = await stayingTargets(arena);
  if (restarted !== undefined) expect(targets.map(({ name }) => name)).toContain(restarted);
  const results = await probe(arena, steps, { targets });
  expect(flaws(results)).toEqual([]);
  expect(Math.max(...effectiveMs(results))).toBeLessThan(EDIT_MS);
}

/** SIGKILL to a gateway, after an edit; resolves when it is ready again, with the table as it is then. */
async function killed(pod: GatewayPod): Promise<void> {
  const body = await edit();
  const { name } = pod.metadata;
  await arena.nodes.kill(await arena.nodes.find(arenaNamespace, name, 'gateway'));
  await eventually(RESTART_MS, `${name} to start again`, async () => {
    const now = await arena.kubectl.get<GatewayPod>('pod', arenaNamespace, name);
    return restarts(now) > restarts(pod) && isReady(now);
  });
  await expectCurrent(body, name);
  await delay(CALM_MS);
}

/** Kills a gateway of that build. */
async function killedOf(build: ProductImages): Promise<void> {
  const { these } = await gatewaysByBuild(arena, build);
  const [gateway] = these.toSorted((a, b) => restarts(a) - restarts(b));
  if (gateway === undefined) throw new Error(`no gateway is of ${build.gateway.tag}`);
  await killed(gateway);
}

/** At each stage a gateway is killed: operators changed, gateways half-way, operators back, gateways back. */
async function halfWayAndBack(): Promise<void> {
  const { product, kubectl } = arena;
  await hold(arena);
  await installRelease(kubectl, next);
  expect((await gatewaysByBuild(arena, product)).these).toHaveLength(3);
  await killedOf(product);
  await goOnTo(arena, next);
  await holdHalfWay(arena, next);
  for (const build of [product, next]) await killedOf(build);
  expect(await tableVersion(arena)).toBe(1);
  await rollBack(kubectl);
  await killedOf(next);
  await goOnTo(arena, product);
  await allOfBuild(arena, product);
  await killedOf(product);
  await expectCurrent(await edit());
}

test('an upgrade to a build that knows one table version more, gateways killed on the way and rolled back half-way, loses nothing', async () => {
  const { kubectl } = arena;
  await kubectl.apply([keptRoute('stable')]);
  await kubectl.run(['wait', '--for=condition=Ready', '--timeout=60s', 'gatewayroute/kept', '-n', arenaNamespace]);
  await kubectl.apply([keptRoute('nowhere')]);
  await kubectl.run([
    'wait',
    '--for=condition=Ready=false',
    '--timeout=60s',
    'gatewayroute/kept',
    '-n',
    arenaNamespace,
  ]);
  await expectCurrent(await edit());
  try {
    expectNothingLost(await underLoad(arena, 'version-skew', halfWayAndBack, retries));
  } finally {
    await resume(arena);
  }
});

test('helm upgrade to a new image with changed values, and helm rollback, lose nothing', async () => {
  const { kubectl, product } = arena;
  const drainTimeout = '33s';
  const changes = {
    logLevel: 'warn',
    resources: { requests: { cpu: '90m', memory: '200Mi' } },
    defaultFleet: { enabled: true, name: fleetName, spec: { shutdown: { drainTimeout } } },
  };
  const upgraded = await underLoad(arena, 'helm-upgrade', async () => {
    await installRelease(kubectl, next, changes);
    await allOfBuild(arena, next);
  });
  expectNothingLost(upgraded);
  const fleet = await kubectl.get<GatewayPod & { spec: { shutdown: object } }>(
    'gatewayfleet',
    arenaNamespace,
    fleetName,
  );
  expect(fleet.spec.shutdown).toMatchObject({ drainTimeout });
  await eventually(VERSION_MS, 'the table to be of the version that all gateways read now', async () => {
    return (await tableVersion(arena)) === 2;
  });
  const killedAfter = await runOf(arena, 'killed-after-upgrade', retries, async () => {
    await killed(await leastRestarted(arena));
  });
  expectNothingLost(killedAfter);

  const rolledBack = await runOf(arena, 'helm-rollback', {}, async () => {
    await rollBack(kubectl);
    await allOfBuild(arena, product);
  });
  await record('helm-rollback', { requests: rolledBack.result.sent, lost: rolledBack.result.lost });
  expectNothingLost(rolledBack);
  expect(await tableVersion(arena)).toBe(1);
});
