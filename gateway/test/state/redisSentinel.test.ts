import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createRedisClient, leaveConnection } from '../../src/state/redisClient.ts';
import { eventually } from '../support/eventually.ts';
import { startSentinels } from '../support/watchedRedis.ts';
import { redisSettings, storeUp } from './redisStores.ts';
import { chargeOf } from './storeBehaviour.ts';

const FOUND_MS = 20_000;

test('the replica that the Sentinels promote takes over, with the sessions', async () => {
  await using redis = await startSentinels();
  const store = await storeUp(redisSettings({ mode: 'Sentinel', primaryName: 'state', endpoints: redis.endpoints }));
  await redis.store('session:ada', '{"user":"ada"}');
  await redis.failOver();
  const namedAt = performance.now();
  while (!(await isTaken())) {
    if (performance.now() - namedAt > FOUND_MS) throw new Error('the new primary is not used');
    await pause(20);
  }
  const tookMs = performance.now() - namedAt;
  process.stdout.write(`Sentinel: in use ${tookMs.toFixed(0)} ms after the Sentinels named it\n`);
  expect(await store.session('session:ada', 0)).toBe('{"user":"ada"}');
  store.close();

  function isTaken(): Promise<boolean> {
    return store.take([chargeOf()]).then(
      () => true,
      () => false,
    );
  }
}, 60_000);

test('a client that is told again and again to leave its connection, as in a long outage, keeps nothing of that', async () => {
  await using redis = await startSentinels();
  const client = createRedisClient(
    redisSettings({ mode: 'Sentinel', primaryName: 'state', endpoints: redis.endpoints }),
  );
  if (!(client instanceof Redis)) throw new Error('with Sentinels there is one connection');
  client.on('error', () => undefined);
  await once(client, 'ready');
  const socket = client.stream;
  await redis.killAll();
  await eventually('the connection is lost', () => client.status !== 'ready' && client.status !== 'connect');
  const listeners = socket.listenerCount('close');
  for (let times = 0; times < 20; times++) leaveConnection(client);
  const added = socket.listenerCount('close') - listeners;
  client.disconnect();
  expect(added).toBe(0);
}, 60_000);
