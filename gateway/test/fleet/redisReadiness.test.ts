import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ruleOf } from '../match/rules.ts';
import { apiKeyMethod, secretsOf } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { LoadClient } from '../support/load.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';

jest.setTimeout(120_000);

const PASSWORD = 'open-sesame-of-redis';
const KEY = 'a-key-of-ada';
let redis: RedisServer;
let backend: PlainBackend;
let gateway: FleetGateway;

beforeAll(async () => {
  redis = await RedisServer.start([`requirepass ${PASSWORD}`]);
  backend = await PlainBackend.start();
  const endpoints = [{ host: '127.0.0.1', port: redis.port }];
  const credentials = 'shop/redis/redis';
  [gateway] = (await startFleet(
    {
      rules: [ruleOf('app', { backends: [{ backend: 'app', weight: 1 }], auth: { anyOf: [apiKeyMethod()] } })],
      backends: { app: backend.port },
      settings: {
        redis: {
          mode: 'Standalone',
          endpoints,
          database: 0,
          commandTimeoutMs: 200,
          readiness: 'Required',
          credentials,
        },
        telemetry: { accessLog: { mode: 'All', percent: 100 }, metrics: { perRoute: 'All' } },
      },
      secrets: [...secretsOf({ ada: KEY }), { id: credentials, type: 'Opaque', data: { password: PASSWORD } }],
    },
    1,
  )) as [FleetGateway];
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

test('nothing secret is in the configuration, the routes, the metrics or the log', async () => {
  using client = new LoadClient();
  expect((await client.get(gateway.port, '/', { 'x-api-key': KEY })).status).toBe(200);
  expect((await client.get(gateway.port, '/', { 'x-api-key': `${KEY}-guess` })).status).toBe(401);
  const pages = await Promise.all(['/config', '/routes', '/endpoints'].map((path) => gateway.admin(path)));
  const statuses = await Promise.all(
    ['/health/ready', '/metrics', '/revision'].map(async (path) => (await gateway.status(path)).text),
  );
  await gateway.until('the log has both requests', async () => gateway.lines.join('').includes('"status":401'));
  const said = [...pages, ...statuses, ...gateway.lines].join('\n');
  for (const secret of [PASSWORD, KEY, secretsOf({})[0]?.data['key'] ?? '']) expect(said).not.toContain(secret);
});

test('a gateway that cannot do without Redis is not ready while it is down, and stays alive', async () => {
  const readiness = async (): Promise<number> => (await gateway.status('/health/ready')).status;
  await redis.kill();
  await gateway.until('it is not ready', async () => (await readiness()) === 503);
  expect((await gateway.status('/health/live')).status).toBe(200);
  using client = new LoadClient();
  expect((await client.get(gateway.port, '/.evergate/health/ready')).status).toBe(503);
  expect((await client.get(gateway.port, '/', { 'x-api-key': KEY })).status).toBe(200);
  await redis.restart();
  await gateway.until('it is ready again', async () => (await readiness()) === 200);
});
