import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { record } from '../src/cluster/figures.ts';
import { fleetSettled, gatewayTargets, leastRestarted } from '../src/cluster/fleet.ts';
import { operatorSettled, scaleOperator } from '../src/cluster/operator.ts';
import { PodTask } from '../src/cluster/podTask.ts';
import { crowdHost, editText } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import { accounted, startLoad } from '../src/cluster/underLoad.ts';
import type { Change, TargetHistory } from '../src/prober/watchTargets.ts';

const DOWN_MS = 15_000;
const BACK_MS = 5_000;
/** How long a lost request may have been on its way when the container was killed. */
const UNDER_WAY_MS = 1_000;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(async () => {
  await arena.nodes.startApiServer();
  await scaleOperator(arena, 2);
});

test('with operator and API server down gateways serve on, one that restarts serves the last table within 5 s, and all returns', async () => {
  const body = `last before ${Date.now()}`;
  const question = { host: crowdHost(3), path: '/text' };
  await probe(arena, [
    { name: 'last edit', calls: [editText(3, body)], question, until: { body }, before: [{ status: 200 }] },
  ]);
  const victim = await leastRestarted(arena);
  const container = await arena.nodes.find(arenaNamespace, victim.metadata.name, 'gateway');
  const targets = await gatewayTargets(arena);
  await scaleOperator(arena, 0);

  const input = { targets, question, pollMs: 20, seconds: 600 };
  const watch = await PodTask.start<TargetHistory>(arena.kubectl, arena.prober, 'watch', input);
  const load = await startLoad(arena, 'everything-down');
  const loadStart = Date.now();
  await arena.nodes.stopApiServer();
  await delay(DOWN_MS);
  const killedAt = Date.now();
  await arena.nodes.kill(container);
  await delay(DOWN_MS);
  await arena.nodes.startApiServer();
  await scaleOperator(arena, 2);
  await fleetSettled(arena, 3);
  const again = `first after ${Date.now()}`;
  const edits = await probe(arena, [
    {
      name: 'first edit',
      calls: [editText(3, again)],
      question,
      until: { body: again },
      before: [{ status: 200, body }],
    },
  ]);
  await load.stop();
  await watch.stop();

  const { result, discrepancies } = await accounted(arena, await load.result(120_000));
  const histories = await watch.result(60_000);
  const backMs = servedAgainMs(histories[victim.metadata.name] ?? [], killedAt, body);
  const others = targets
    .filter(({ name }) => name !== victim.metadata.name)
    .flatMap(({ name }) => histories[name] ?? []);
  // The load began at most a second before this side knew, so that its clock is that much ahead.
  const outside = result.examples.filter(({ atMs, afterMs }) => {
    const at = loadStart + atMs - killedAt;
    return at + afterMs < -2 * UNDER_WAY_MS || at > BACK_MS + 2 * UNDER_WAY_MS;
  });
  await record('Operator and API server down, a gateway killed meanwhile', {
    'ms until the killed container served the last table': backMs,
    requests: result.sent,
    'lost with the killed gateway': result.lost,
    'lost otherwise': outside.length,
    'ms until an edit after the return was effective': effectiveMs(edits)[0] ?? Number.NaN,
  });
  expect(backMs).toBeLessThan(BACK_MS);
  expect(others.every((change) => change.status === 200)).toBe(true);
  expect(outside).toEqual([]);
  expect(discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
  expect(flaws(edits)).toEqual([]);
  expect(effectiveMs(edits)[0]).toBeLessThan(10_000);
  await operatorSettled(arena, 2);
});

/** From the kill to the first answer with the last table; infinite for never. Throws when the kill did not show. */
function servedAgainMs(history: readonly Change[], killedAt: number, body: string): number {
  const gone = history.findIndex(({ status, atMs }) => status === 0 && atMs >= killedAt);
  if (gone === -1) throw new Error(`the kill did not show: ${JSON.stringify(history.slice(-5))}`);
  const back = history.slice(gone).find((change) => change.status === 200 && change.body === body);
  return back === undefined ? Number.POSITIVE_INFINITY : back.atMs - killedAt;
}
