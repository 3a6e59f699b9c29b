import type { Rule } from '@evergate/contract/routeTable';
import { expect, jest, test } from '@jest/globals';
import { matchOf, ruleOf } from '../match/rules.ts';
import { limitOf } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { LoadClient } from '../support/load.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';

jest.setTimeout(180_000);

const REQUESTS = 8_000;
const ROUNDS = 5;
const CONCURRENCY = 64;

function rule(path: string, fields: Partial<Rule> = {}): Rule {
  const matches = [matchOf({ path: { type: 'PathPrefix', value: path } })];
  return ruleOf(path.slice(1), { matches, backends: [{ backend: 'app', weight: 1 }], ...fields });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test('one shared limit costs one call to Redis a request, and microseconds of the gateway', async () => {
  await using redis = await RedisServer.start();
  await using backend = await PlainBackend.start();
  const endpoints = [{ host: '127.0.0.1', port: redis.port }];
  const limit = limitOf({ requests: 1_000_000, algorithm: 'SlidingWindow' });
  const [gateway] = (await startFleet(
    {
      rules: [rule('/free'), rule('/limited', { rateLimits: [limit] })],
      backends: { app: backend.port },
      settings: {
        redis: { mode: 'Standalone', endpoints, database: 0, commandTimeoutMs: 5_000, readiness: 'Optional' },
      },
    },
    1,
  )) as [FleetGateway];
  using client = new LoadClient(CONCURRENCY);

  const cost = async (path: string): Promise<number> => {
    const before = gateway.cpuMicroseconds;
    const answers = await client.flood(REQUESTS, CONCURRENCY, () => client.get(gateway.port, path));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    return (gateway.cpuMicroseconds - before) / REQUESTS;
  };
  for (const path of ['/free', '/limited']) await cost(path);
  await redis.command('CONFIG', 'RESETSTAT');
  const differences: number[] = [];
  const free: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const without = await cost('/free');
    free.push(without);
    differences.push((await cost('/limited')) - without);
  }
  const statistics = /cmdstat_evalsha:calls=(\d+).*?usec_per_call=([0-9.]+)/.exec(
    await redis.command('INFO', 'commandstats'),
  );
  const [calls, usecPerCall] = [Number(statistics?.[1]), Number(statistics?.[2])];
  const figures = `${median(free).toFixed(1)} us of CPU without, ${median(differences).toFixed(1)} us more with`;
  const requests = ROUNDS * REQUESTS;
  process.stdout.write(
    `one shared limit: ${figures}; ${calls} calls for ${requests} requests, ${usecPerCall} us of Redis each\n`,
  );
  expect(calls).toBe(requests);
  expect(usecPerCall).toBeLessThan(50);
  // The promise is 15; a machine with neighbours doubles what a cold cache costs.
  expect(median(differences)).toBeLessThan(30);
  await gateway[Symbol.asyncDispose]();
});
