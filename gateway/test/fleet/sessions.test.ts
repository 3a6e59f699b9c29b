import type { RedisFleetSettings } from '@evergate/contract/redisSettings';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ruleOf } from '../match/rules.ts';
import { sessionMethod } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { countByStatus, LoadClient } from '../support/load.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';
import { startSentinels, type WatchedRedis } from '../support/watchedRedis.ts';

jest.setTimeout(120_000);

let backend: PlainBackend;
const users: (string | string[] | undefined)[] = [];

beforeAll(async () => {
  backend = await PlainBackend.start((request, response) => {
    users.push(request.headers['x-user']);
    response.end('ok');
  });
});

afterAll(() => backend[Symbol.asyncDispose]());

function start(
  redis: Pick<RedisFleetSettings, 'mode' | 'endpoints' | 'primaryName'>,
): Promise<readonly FleetGateway[]> {
  const rules = [ruleOf('app', { backends: [{ backend: 'app', weight: 1 }], auth: { anyOf: [sessionMethod()] } })];
  const settings = { redis: { ...redis, database: 0, commandTimeoutMs: 200, readiness: 'Optional' } as const };
  return startFleet({ rules, backends: { app: backend.port }, settings }, 2);
}

/** Ends the gateways, whatever becomes of the test: one that is left behind keeps Jest from its end. */
function stackOf(gateways: readonly FleetGateway[]): AsyncDisposableStack {
  const stack = new AsyncDisposableStack();
  for (const gateway of gateways) stack.use(gateway);
  return stack;
}

test('a session outlives the gateway that it was used through', async () => {
  await using redis = await RedisServer.start();
  const [first, second] = (await start({
    mode: 'Standalone',
    endpoints: [{ host: '127.0.0.1', port: redis.port }],
  })) as [FleetGateway, FleetGateway];
  await using _fleet = stackOf([first, second]);
  using client = new LoadClient();
  await redis.command('SET', 'session:t1', '{"user":"ada"}', 'EX', '60');
  expect((await client.get(first.port, '/', { cookie: 'sid=t1' })).status).toBe(200);
  await first.kill();
  expect((await client.get(second.port, '/', { cookie: 'sid=t1' })).status).toBe(200);
  expect(users.slice(-2)).toEqual(['ada', 'ada']);
  expect((await client.get(second.port, '/', { cookie: 'sid=t2' })).status).toBe(401);
});

test('sessions survive a failover by Sentinels under load', async () => {
  await using redis: WatchedRedis = await startSentinels();
  const gateways = await start({ mode: 'Sentinel', primaryName: 'state', endpoints: redis.endpoints });
  await using fleet = stackOf(gateways);
  using client = new LoadClient();
  await redis.store('session:t1', '{"user":"ada"}');
  const stop = new AbortController();
  fleet.defer(() => stop.abort());
  let sent = 0;
  const load = client.until(stop.signal, 4, () => {
    return client.get(gateways[sent++ % gateways.length]?.port ?? 0, '/', { cookie: 'sid=t1' });
  });
  const failedAt = performance.now();
  await redis.failOver();
  const namedAt = performance.now();
  for (const gateway of gateways) {
    await gateway.until('Redis is found again', async () => (await gateway.metric('evergate_redis_up')) === 1);
  }
  const foundAt = performance.now();
  stop.abort();
  const answers = await load;
  const late = answers.filter(({ at, status }) => at > namedAt + 1_000 && status !== 200);
  process.stdout.write(
    `Sentinel failover: named after ${(namedAt - failedAt).toFixed(0)} ms, in use ${(foundAt - namedAt).toFixed(0)} ms later, answers ${JSON.stringify(countByStatus(answers))}, ${late.length} failed more than 1 s after that\n`,
  );
  // Nobody is told that a session is not there because its store is not.
  expect(Object.keys(countByStatus(answers)).filter((status) => status !== '200' && status !== '503')).toEqual([]);
  expect((await client.get(gateways[0]?.port ?? 0, '/', { cookie: 'sid=t1' })).status).toBe(200);
  expect(late).toEqual([]);
});
