import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@evergate/contract/test/freePort';
import { RedisServer } from './redisServer.ts';

const LAST_SLOT = 16_383;
const FORM_MS = 20_000;

/** A Redis Cluster of three primaries; resolves when all of them say that it is whole. */
export async function startRedisCluster(): Promise<readonly RedisServer[]> {
  const busPorts = [await freePort(), await freePort(), await freePort()];
  const nodes = await Promise.all(
    busPorts.map((bus) => RedisServer.start(['cluster-enabled yes', `cluster-port ${bus}`])),
  );
  const share = Math.ceil((LAST_SLOT + 1) / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const range = [index * share, Math.min(LAST_SLOT, (index + 1) * share - 1)].map(String);
    await node.command('CLUSTER', 'ADDSLOTSRANGE', ...range);
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    const [first] = nodes;
    if (index > 0 && first !== undefined) {
      await node.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(busPorts[0]));
    }
  }
  const endsAt = performance.now() + FORM_MS;
  while (!(await isWhole(nodes))) {
    if (performance.now() > endsAt) throw new Error('the cluster did not form');
    await pause(50);
  }
  return nodes;
}

async function isWhole(nodes: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')));
  return infos.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'));
}
