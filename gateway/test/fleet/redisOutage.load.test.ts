import { setTimeout as pause } from 'node:timers/promises';
import type { Rule } from '@evergate/contract/routeTable';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { matchOf, ruleOf } from '../match/rules.ts';
import { limitOf, sessionMethod } from '../policy/policyRig.ts';
import { type FleetGateway, startFleet } from '../support/gatewayFleet.ts';
import { type Answered, countByStatus, LoadClient, percentile } from '../support/load.ts';
import { PlainBackend } from '../support/plainBackend.ts';
import { RedisServer } from '../support/redisServer.ts';

jest.setTimeout(120_000);

const TIMEOUT_MS = 50;
const PHASE_MS = 2_000;
let redis: RedisServer;
let backend: PlainBackend;
let gateway: FleetGateway;

function rule(path: string, fields: Partial<Rule> = {}): Rule {
  const matches = [matchOf({ path: { type: 'PathPrefix', value: path } })];
  return ruleOf(path.slice(1), { matches, backends: [{ backend: 'app', weight: 1 }], ...fields });
}

beforeAll(async () => {
  redis = await RedisServer.start();
  backend = await PlainBackend.start();
  const endpoints = [{ host: '127.0.0.1', port: redis.port }];
  [gateway] = (await startFleet(
    {
      rules: [
        rule('/free'),
        rule('/limited', { rateLimits: [limitOf({ requests: 1_000_000, burst: 1_000_000 })] }),
        rule('/session', { auth: { anyOf: [sessionMethod()] } }),
      ],
      backends: { app: backend.port },
      settings: {
        redis: { mode: 'Standalone', endpoints, database: 0, commandTimeoutMs: TIMEOUT_MS, readiness: 'Optional' },
      },
    },
    1,
  )) as [FleetGateway];
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

interface Phase {
  readonly free: readonly Answered[];
  readonly limited: readonly Answered[];
}

/** Load on a route without Redis and on one with it, while `during` happens. */
async function load(during: () => Promise<unknown>): Promise<Phase> {
  using client = new LoadClient();
  const stop = new AbortController();
  const free = client.until(stop.signal, 4, () => client.get(gateway.port, '/free'));
  const limited = client.until(stop.signal, 4, () => client.get(gateway.port, '/limited'));
  await during();
  await pause(PHASE_MS);
  stop.abort();
  return { free: await free, limited: await limited };
}

function say(what: string, { free, limited }: Phase): void {
  const figures = [
    `free ${JSON.stringify(countByStatus(free))} p99 ${percentile(free, 0.99).toFixed(1)} ms`,
    `limited ${JSON.stringify(countByStatus(limited))} p99 ${percentile(limited, 0.99).toFixed(1)} ms`,
    `slowest ${percentile(limited, 1).toFixed(1)} ms`,
  ];
  process.stdout.write(`${what}: ${figures.join(', ')}\n`);
}

function expectAllAnswered(phase: Phase): void {
  expect(countByStatus(phase.free)).toEqual({ 200: phase.free.length });
  expect(countByStatus(phase.limited)).toEqual({ 200: phase.limited.length });
}

async function redisIs(status: 'UP' | 'DOWN'): Promise<number> {
  const startedAt = performance.now();
  await gateway.until(`Redis is ${status}`, async () => {
    const answer = await gateway.status('/health/ready');
    const { redis: component } = JSON.parse(answer.text) as { redis: { status: string; since: string } };
    // It never costs readiness here, and says since when.
    expect(answer.status).toBe(200);
    expect(Date.parse(component.since)).toBeGreaterThan(0);
    return component.status === status;
  });
  return performance.now() - startedAt;
}

test('a Redis that stops, dies and returns under load costs no request, and little time', async () => {
  const before = await load(async () => {});
  say('Redis up', before);
  expectAllAnswered(before);

  const stopped = await load(async () => {
    redis.suspend();
    await redisIs('DOWN');
  });
  say('Redis stopped', stopped);
  expectAllAnswered(stopped);

  const dead = await load(async () => {
    redis.resume();
    await redisIs('UP');
    await redis.kill();
    await redisIs('DOWN');
  });
  say('Redis killed', dead);
  expectAllAnswered(dead);
  using client = new LoadClient();
  expect((await client.get(gateway.port, '/session', { cookie: 'sid=t1' })).status).toBe(503);

  let foundAfterMs = 0;
  const after = await load(async () => {
    await redis.restart();
    foundAfterMs = await redisIs('UP');
  });
  say('Redis back', after);
  process.stdout.write(`Redis back: found after ${foundAfterMs.toFixed(0)} ms\n`);
  expectAllAnswered(after);
  expect(foundAfterMs).toBeLessThan(2_000);
  await gateway.until('the metric says so', async () => (await gateway.metric('evergate_redis_up')) === 1);
});
