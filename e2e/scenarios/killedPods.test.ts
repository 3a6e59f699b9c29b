import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { fleetSettled, gatewayPods } from '../src/cluster/fleet.ts';
import { underLoad } from '../src/cluster/underLoad.ts';

/**
 * What one gateway of three had under way at 100 requests a second, and the new connections that reached its address until the container was
 * back, or taken out: kube-proxy goes on sending a third of them there.
 */
const OWN = 60;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

async function killOne(): Promise<void> {
  const [pod] = await gatewayPods(arena);
  if (pod === undefined) throw new Error('there is no gateway');
  await arena.nodes.kill(await arena.nodes.find(arenaNamespace, pod.metadata.name, 'gateway'));
  await fleetSettled(arena, 3);
}

test('SIGKILL of one gateway of three costs what it had under way, and no GET that is sent once more', async () => {
  const once = await underLoad(arena, 'gateway-killed', killOne);
  expect(once.result.lost).toBeLessThanOrEqual(OWN);
  expect(once.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
  const retried = await underLoad(arena, 'gateway-killed-client-retries', killOne, { getRetries: 3, postPercent: 0 });
  expect(retried.result.examples).toEqual([]);
});
