import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, openArena, releaseNamespace } from '../src/cluster/arena.ts';
import { record } from '../src/cluster/figures.ts';
import { leader, newLeader, operatorSettled } from '../src/cluster/operator.ts';
import { crowdHost, editText } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';

/** kubectl itself, asked four times a second, is slower than a hand-over. */
const ASKING_MS = 1_500;
const HAND_OVER_MS = 60_000;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
  await operatorSettled(arena, 2);
});

test.each([
  ['ends cleanly', 2_000, stop],
  ['is cut off', 20_000, cutOff],
] as const)('a leader that %s is followed by another in time, which takes changes', async (what, boundMs, end) => {
  const former = (await leader(arena)) ?? '';
  await end(former);
  const start = performance.now();
  const next = await newLeader(arena, former, HAND_OVER_MS);
  const tookMs = performance.now() - start;
  await expectAnEditToBeEffective(`led by ${next}`);
  await record(`A leader that ${what}`, {
    'seconds until another led': tookMs / 1_000,
    'seconds until a change made then was effective': (performance.now() - start) / 1_000,
  });
  expect(tookMs).toBeLessThan(boundMs + ASKING_MS);
  await operatorSettled(arena, 2);
});

test('after a leader was killed changes are soon taken, by the same container started again or by the other', async () => {
  const former = (await leader(arena)) ?? '';
  await arena.nodes.kill(await arena.nodes.find(releaseNamespace, former, 'operator'));
  const start = performance.now();
  await expectAnEditToBeEffective(`killed ${former}`);
  const tookMs = performance.now() - start;
  await record('A leader that is killed', { 'seconds until a change was effective': tookMs / 1_000 });
  expect(tookMs).toBeLessThan(20_000 + ASKING_MS);
  await operatorSettled(arena, 2);
});

async function expectAnEditToBeEffective(body: string): Promise<void> {
  const question = { host: crowdHost(1), path: '/text' };
  const step = { name: body, calls: [editText(1, body)], question, until: { body }, before: [{ status: 200 }] };
  const results = await probe(arena, [step], { limitMs: HAND_OVER_MS });
  expect(flaws(results)).toEqual([]);
  expect(effectiveMs(results)[0]).toBeLessThan(HAND_OVER_MS);
}

/** Resolves as soon as the pod is told to end. */
async function stop(pod: string): Promise<void> {
  await arena.kubectl.run(['delete', 'pod', pod, '-n', releaseNamespace, '--wait=false']);
}

/** As a node that dies: the process does nothing any more, least of all say that it leaves. */
async function cutOff(pod: string): Promise<void> {
  await arena.nodes.pause(await arena.nodes.find(releaseNamespace, pod, 'operator'));
  await arena.kubectl.run(['delete', 'pod', pod, '-n', releaseNamespace, '--force', '--grace-period=0']);
}
