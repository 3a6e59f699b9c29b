import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, openArena, releaseNamespace } from '../src/cluster/arena.ts';
import { record } from '../src/cluster/figures.ts';
import { leader, newLeader, operatorSettled } from '../src/cluster/operator.ts';
import { crowdHost, editText } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';

/** kubectl itself, asked four times a second, is slower than the hand-over. */
const ASKING_MS = 1_500;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
  await operatorSettled(arena, 2);
});

test.each([
  ['ends cleanly', 2_000, stop],
  ['is killed', 20_000, kill],
] as const)('a leader that %s is followed by another in time, which takes changes', async (what, boundMs, end) => {
  const former = (await leader(arena)) ?? '';
  await end(former);
  const start = performance.now();
  const next = await newLeader(arena, former, 60_000);
  const tookMs = performance.now() - start;
  const body = `led by ${next}`;
  const question = { host: crowdHost(1), path: '/text' };
  const results = await probe(arena, [
    { name: what, calls: [editText(1, body)], question, until: { body }, before: [{ status: 200 }] },
  ]);
  await record(`A leader that ${what}`, {
    'seconds until another led': tookMs / 1_000,
    'ms until a change was effective': effectiveMs(results)[0] ?? Number.NaN,
  });
  expect(flaws(results)).toEqual([]);
  expect(effectiveMs(results)[0]).toBeLessThan(10_000);
  expect(tookMs).toBeLessThan(boundMs + ASKING_MS);
  await operatorSettled(arena, 2);
});

/** Resolves as soon as the pod is told to end. */
async function stop(pod: string): Promise<void> {
  await arena.kubectl.run(['delete', 'pod', pod, '-n', releaseNamespace, '--wait=false']);
}

async function kill(pod: string): Promise<void> {
  await arena.nodes.kill(await arena.nodes.find(releaseNamespace, pod, 'operator'));
}
