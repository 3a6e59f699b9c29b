import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
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
