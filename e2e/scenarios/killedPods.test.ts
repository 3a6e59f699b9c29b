import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { fleetSettled, type GatewayPod, leastRestarted, restarts } from '../src/cluster/fleet.ts';
import { underLoad } from '../src/cluster/underLoad.ts';

/**
 * What one gateway of three had under way at 100 requests a second, and the new connections that reached its address until the container was
 * back, or taken out: kube-proxy goes on sending a third of them there.
 */
const OWN = 60;

const RESTART_MS = 60_000;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

async function killOne(): Promise<void> {
  const pod = await leastRestarted(arena);
  await arena.nodes.kill(await arena.nodes.find(arenaNamespace, pod.metadata.name, 'gateway'));
  await eventually(RESTART_MS, 'the kubelet to start the gateway again', async () => {
    return restarts(await arena.kubectl.get<GatewayPod>('pod', arenaNamespace, pod.metadata.name)) > restarts(pod);
  });
  await fleetSettled(arena, 3);
}

test('SIGKILL of one gateway of three costs what it had under way, and no GET that is sent once more', async () => {
  const once = await underLoad(arena, 'gateway-killed', killOne);
  expect(once.result.lost).toBeLessThanOrEqual(OWN);
  expect(once.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
  const retried = await underLoad(arena, 'gateway-killed-client-retries', killOne, { getRetries: 1, postPercent: 0 });
  expect(retried.result.examples.slice(0, 5)).toEqual([]);
});
