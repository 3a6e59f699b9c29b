import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RedisStore } from '../../src/state/redis.ts';
import { RedisServer } from '../support/redisServer.ts';
import { redisSettings, storeUp } from './redisStores.ts';
import { chargeOf } from './storeBehaviour.ts';

const FAILOVER_MS = 20_000;
let primary: RedisServer;
let replica: RedisServer;
let sentinels: readonly RedisServer[];
let store: RedisStore;

beforeAll(async () => {
  primary = await RedisServer.start();
  replica = await RedisServer.start([`replicaof 127.0.0.1 ${primary.port}`]);
  await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'));
  sentinels = await Promise.all([1, 2, 3].map(() => RedisServer.startSentinel(primary.port, 2, 500)));
  await until(async () => (await infoOfSentinels()).every((text) => /slaves=1,sentinels=3/.test(text)));
  const endpoints = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
  store = await storeUp(redisSettings({ mode: 'Sentinel', primaryName: 'state', endpoints }));
}, 40_000);

afterAll(async () => {
  store?.close();
  for (const server of [primary, replica, ...(sentinels ?? [])]) await server?.[Symbol.asyncDispose]();
});

function infoOfSentinels(): Promise<string[]> {
  return Promise.all(sentinels.map((sentinel) => sentinel.command('INFO', 'sentinel')));
}

/** Where each Sentinel sends those who ask. */
function primaryPorts(): Promise<number[]> {
  return Promise.all(
    sentinels.map(async (sentinel) => {
      const answer = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'state');
      return Number(answer.split('\r\n')[4]);
    }),
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + FAILOVER_MS;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error('never came to be');
    await pause(20);
  }
}

test('the replica that the Sentinels promote takes over, with the sessions', async () => {
  await store.set('session:ada', '{"user":"ada"}', 60_000);
  await until(async () => (await replica.command('GET', 'session:ada')).includes('ada'));
  await primary.kill();
  await until(async () => (await primaryPorts()).every((port) => port === replica.port));
  const promotedAt = performance.now();
  await until(async () =>
    store.take([chargeOf()]).then(
      () => true,
      () => false,
    ),
  );
  const tookMs = performance.now() - promotedAt;
  process.stdout.write(`Sentinel: in use ${tookMs.toFixed(0)} ms after the Sentinels named it\n`);
  expect(tookMs).toBeLessThan(1_000);
  expect(await store.session('session:ada', 0)).toBe('{"user":"ada"}');
}, 40_000);
