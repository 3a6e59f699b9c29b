import type { RateLimit } from '@evergate/contract/limitSettings';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { matchOf, ruleOf } from '../match/rules.ts';
import { limitOf } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { countByStatus, LoadClient } from '../support/load.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';

jest.setTimeout(120_000);

const GATEWAYS = 3;
const EACH = 200;
let redis: RedisServer;
let backend: PlainBackend;
let gateways: readonly FleetGateway[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  backend = await PlainBackend.start();
});

afterEach(async () => {
  for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

function settings(fields: Partial<FleetSettings> = {}): Partial<FleetSettings> {
  return {
    redis: {
      mode: 'Standalone',
      endpoints: [{ host: '127.0.0.1', port: redis.port }],
      database: 0,
      // Six hundred requests at once on a busy machine: what is tested here is how they are counted.
      commandTimeoutMs: 5_000,
      readiness: 'Optional',
    },
    ...fields,
  };
}

function rule(path: string, fields: Partial<Rule>): Rule {
  const matches = [matchOf({ path: { type: 'PathPrefix', value: path } })];
  return ruleOf(path.slice(1), { matches, backends: [{ backend: 'app', weight: 1 }], ...fields });
}

/** All gateways at once, each with `EACH` requests at once. */
async function flood(paths: readonly string[]): Promise<{ counts: Record<number, number>; tookMs: number }> {
  using client = new LoadClient(EACH);
  const startedAt = performance.now();
  const total = GATEWAYS * EACH;
  const answers = await client.flood(total, total, (index) => {
    return client.get(gateways[index % GATEWAYS]?.port ?? 0, paths[index % paths.length] ?? '/');
  });
  return { counts: countByStatus(answers), tookMs: performance.now() - startedAt };
}

test.each([
  ['FixedWindow', 100, 0],
  ['SlidingWindow', 100, 0],
  ['TokenBucket', 50, 100 / 60_000],
] as const)('three gateways admit as many as a limit by %s permits, all together', async (algorithm, most, perMs) => {
  const limit: RateLimit = limitOf({ id: `test/${algorithm}`, algorithm, requests: 100, burst: 50 });
  gateways = await startFleet(
    { rules: [rule('/a', { rateLimits: [limit] })], backends: { app: backend.port }, settings: settings() },
    GATEWAYS,
  );
  const { counts, tookMs } = await flood(['/a']);
  process.stdout.write(`${algorithm}: ${JSON.stringify(counts)} of ${GATEWAYS} x ${EACH} in ${tookMs.toFixed(0)} ms\n`);
  expect(counts[200]).toBeGreaterThanOrEqual(most);
  expect(counts[200]).toBeLessThanOrEqual(Math.floor(most + perMs * tookMs));
  expect((counts[200] ?? 0) + (counts[429] ?? 0)).toBe(GATEWAYS * EACH);
});

test('an enforced limit admits one client exactly as often as it says, over two routes and three gateways', async () => {
  const enforced = { rateLimits: [limitOf({ id: '/fleet/default', requests: 100 })], exempt: [] };
  gateways = await startFleet(
    {
      rules: [rule('/a', {}), rule('/b', {})],
      backends: { app: backend.port },
      settings: settings({ enforced }),
    },
    GATEWAYS,
  );
  const { counts } = await flood(['/a', '/b']);
  process.stdout.write(`enforced over two routes: ${JSON.stringify(counts)} of ${GATEWAYS} x ${EACH}\n`);
  expect(counts).toEqual({ 200: 100, 429: GATEWAYS * EACH - 100 });
});
