import { expect, test } from '@jest/globals';
import { RedisServer } from '../support/redisServer.ts';
import { redisSettings, storeUp } from './redisStores.ts';
import { chargeOf } from './storeBehaviour.ts';

test('the script of limits takes at most 50 microseconds of Redis a call', async () => {
  await using server = await RedisServer.start();
  const endpoints = [{ host: '127.0.0.1', port: server.port }];
  const store = await storeUp(redisSettings({ endpoints, commandTimeoutMs: 5_000 }));
  const charges = Array.from({ length: 50 }, () => chargeOf({ requests: 100, windowMs: 60_000 }));
  for (let round = 0; round < 40; round++) await Promise.all(charges.map((charge) => store.take([charge])));
  const statistics = await server.command('INFO', 'commandstats');
  const usecPerCall = Number(/cmdstat_evalsha:.*usec_per_call=([0-9.]+)/.exec(statistics)?.[1]);
  process.stdout.write(`one shared limit: ${usecPerCall} us of Redis a call\n`);
  expect(usecPerCall).toBeLessThan(50);
  store.close();
});
