import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RedisStore } from '../../src/state/redis.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redisCluster.ts';
import type { RedisServer } from '../support/redisServer.ts';
import { elapseOn, redisSettings, storeUp } from './redisStores.ts';
import { chargeOf, describeStore } from './storeBehaviour.ts';

let nodes: readonly RedisServer[];
let store: RedisStore;

beforeAll(async () => {
  nodes = await startRedisCluster();
  const endpoints = nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
  store = await storeUp(redisSettings({ mode: 'Cluster', endpoints, commandTimeoutMs: 1_000 }));
}, 40_000);

afterAll(async () => {
  store?.close();
  for (const node of nodes ?? []) await node[Symbol.asyncDispose]();
});

describeStore('a cluster', () => ({ store, span: 1_000, elapse: (ms) => elapseOn(nodes[0] as RedisServer, ms) }));

test('limits on different nodes are charged in one call, each where it is', async () => {
  const charges = Array.from({ length: 12 }, (_, index) => chargeOf({ requests: index + 1, windowMs: 60_000 }));
  const states = await store.take(charges);
  expect(states.map(({ remaining }) => remaining)).toEqual(charges.map((_, index) => index));
  const counts = await Promise.all(nodes.map((node) => node.command('DBSIZE')));
  expect(counts.every((count) => Number(count.slice(1)) > 0)).toBe(true);
});

test('a cluster without one of its nodes is down, and is found when the node returns', async () => {
  const [, second] = nodes;
  await second?.kill();
  const charges = Array.from({ length: 12 }, () => chargeOf({ windowMs: 60_000 }));
  await Promise.allSettled(charges.map((charge) => store.take([charge])));
  await second?.restart();
  await eventually('every node answers', () => store.status.up);
}, 20_000);
