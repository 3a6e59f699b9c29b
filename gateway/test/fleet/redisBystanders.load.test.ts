import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { matchOf, ruleOf } from '../match/rules.ts';
import { limitOf } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { type Answered, countByStatus, LoadClient } from '../support/load.ts';
import { type Block, describeRatio, PAIRS, quantileRatio, verdictOf } from '../support/pairedRatios.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';

jest.setTimeout(240_000);

const MOST_MORE = 1.1;
/** A round's requests, of both gateways together. */
const REQUESTS = 400;
const ROUNDS_A_PAIR = 4;
const GAP_MS = 2;
/** Of as many requests two need Redis. */
const NEEDING = 8;

/** A gateway with a Redis of its own. */
interface Side {
  readonly gateway: FleetGateway;
  readonly redis: RedisServer;
}

let backend: PlainBackend;
/** Two, so that what is compared happens at the same time. */
let sides: readonly [Side, Side];

async function startSide(): Promise<Side> {
  const redis = await RedisServer.start();
  const endpoints = [{ host: '127.0.0.1', port: redis.port }];
  const path = (value: string) => [matchOf({ path: { type: 'PathPrefix', value } })];
  const backends = [{ backend: 'app', weight: 1 }];
  const rateLimits = [limitOf({ requests: 1_000_000, burst: 1_000_000 })];
  const table = {
    rules: [
      ruleOf('free', { matches: path('/free'), backends }),
      ruleOf('limited', { matches: path('/limited'), backends, rateLimits }),
    ],
    backends: { app: backend.port },
    settings: {
      redis: { mode: 'Standalone', endpoints, database: 0, commandTimeoutMs: 50, readiness: 'Optional' },
    },
  } as const;
  const [gateway] = (await startFleet(table, 1)) as [FleetGateway];
  return { gateway, redis };
}

beforeAll(async () => {
  backend = await PlainBackend.start();
  sides = [await startSide(), await startSide()];
});

afterAll(async () => {
  for (const { gateway, redis } of sides ?? []) {
    await gateway[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  }
  await backend[Symbol.asyncDispose]();
});

async function redisIs(status: 'UP' | 'DOWN', { gateway }: Side): Promise<void> {
  await gateway.until(`Redis is ${status}`, async () => {
    const { text } = await gateway.status('/health/ready');
    return (JSON.parse(text) as { redis: { status: string } }).redis.status === status;
  });
}

/** Requests to both gateways in turn, at a rate that depends on neither. Returns how long those without Redis took, in milliseconds. */
async function round(): Promise<readonly [readonly number[], readonly number[]]> {
  using client = new LoadClient();
  const free: [Promise<Answered>[], Promise<Answered>[]] = [[], []];
  const limited: Promise<Answered>[] = [];
  for (let sent = 0; sent < REQUESTS; sent++) {
    const side = sent % 2 === 0 ? 0 : 1;
    const { port } = sides[side].gateway;
    free[side].push(client.get(port, '/free'));
    if (sent % NEEDING < 2) limited.push(client.get(port, '/limited'));
    await pause(GAP_MS);
  }
  const answers = [await Promise.all(free[0]), await Promise.all(free[1])] as const;
  const all = [...answers.flat(), ...(await Promise.all(limited))];
  expect(countByStatus(all)).toEqual({ 200: all.length });
  return [answers[0].map(({ tookMs }) => tookMs), answers[1].map(({ tookMs }) => tookMs)];
}

test('requests that need no Redis take no longer while it stands still than while it answers', async () => {
  await round();
  const blocks: Block[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [without, beside] = pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    sides[without].redis.suspend();
    await redisIs('DOWN', sides[without]);
    for (let count = 0; count < ROUNDS_A_PAIR; count++) {
      const tookMs = await round();
      blocks.push([tookMs[beside], tookMs[without]]);
    }
    sides[without].redis.resume();
    await redisIs('UP', sides[without]);
  }
  const [p50, p99] = [quantileRatio(blocks, 0.5), quantileRatio(blocks, 0.99)];
  process.stdout.write(
    `without Redis, others: p50 ${describeRatio(p50)}; p99 ${describeRatio(p99)}, ${verdictOf(p99, MOST_MORE)}\n`,
  );
  // Fails when it is certain that there is more, however noisy the machine is.
  expect(p50.lower).toBeLessThan(MOST_MORE);
  expect(p99.lower).toBeLessThan(MOST_MORE);
});
