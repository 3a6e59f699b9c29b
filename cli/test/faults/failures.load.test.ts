import type { CircuitBreaker } from '@evergate/contract/backendSettings';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { quantile } from '../load/load.ts';
import { FaultyBackend } from './backends.ts';
import { loadOf, print, seconds } from './rig.ts';

const RATE = 200;
const OPEN_MS = 1_000;
const PROBES = 5;

const circuitBreaker: CircuitBreaker = {
  slidingWindowSize: 50,
  minimumCalls: 20,
  failureRatePercent: 50,
  slowCallRatePercent: 100,
  openMs: OPEN_MS,
  halfOpenCalls: PROBES,
  codes: [500, 503],
};

let gateway: GatewayUnderTest;
let backends: FaultyBackend[] = [];

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
}, 60_000);

afterEach(async () => {
  for (const backend of backends) await backend.stop();
  backends = [];
});

afterAll(async () => {
  await gateway?.stop();
});

async function start(count: number): Promise<readonly FaultyBackend[]> {
  backends = await Promise.all(Array.from({ length: count }, (_, index) => FaultyBackend.start(`b${index}`)));
  return backends;
}

/** The name is another in each test, so that nothing is remembered of an earlier backend. */
async function publish(name: string, settings: object = {}): Promise<void> {
  const id = `test/${name}:80`;
  await gateway.publish([ruleOf(0, '/', id)], [{ id, port: backends.map(({ port }) => port), settings }]);
  await gateway.serving();
}

async function requestsAt(list: readonly FaultyBackend[]): Promise<number> {
  const seen = await Promise.all(list.map((backend) => backend.seen()));
  return seen.reduce((sum, { requests }) => sum + requests, 0);
}

/** What a backend may get of so many requests that clients sent within so many seconds. */
function mostRequests(sent: number, durationSeconds: number): number {
  return sent * 1.2 + 10 * (durationSeconds + 1);
}

test('a backend that answers 503 half of the time is ejected, and no request is lost', async () => {
  const [failing] = await start(3);
  failing?.behave({ failPercent: 50 });
  await publish('half');
  const startedAt = performance.now();
  const load = loadOf(gateway, { methods: ['GET'], ratePerSecond: RATE });
  await seconds(3);
  const result = await load.stop();
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const total = await requestsAt(backends);
  const atFailing = (await (failing as FaultyBackend).seen()).requests;
  print(
    'one of three answers half with 503',
    result,
    `; upstream ${total}, ${atFailing} of them at the one that fails`,
  );
  expect(result.lost).toEqual([]);
  expect(total).toBeLessThanOrEqual(mostRequests(result.sent, tookSeconds));
  // Three failures eject it: about six requests, and those under way.
  expect(atFailing).toBeLessThan(30);
}, 60_000);

test('retries add at most a fifth and ten a second when everything fails', async () => {
  await start(2);
  for (const backend of backends) backend.behave({ failPercent: 100 });
  await publish('allfail');
  const startedAt = performance.now();
  const load = loadOf(gateway, { methods: ['GET'], ratePerSecond: RATE });
  await seconds(4);
  const result = await load.stop();
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const total = await requestsAt(backends);
  print('all backends answer 503', result, `; upstream ${total}, ${(total / result.sent).toFixed(2)} a request`);
  expect(total).toBeGreaterThan(result.sent * 1.1);
  expect(total).toBeLessThanOrEqual(mostRequests(result.sent, tookSeconds));
}, 60_000);

test('a breaker opens within its window, answers at once, and recovers with exactly so many probes first', async () => {
  const [backend] = (await start(1)) as [FaultyBackend];
  await publish('broken', { circuitBreaker });
  const warm = loadOf(gateway, { methods: ['GET'], ratePerSecond: RATE });
  await seconds(1);
  const baseline = await warm.stop();
  print('before', baseline);
  backend.behave({ failPercent: 100, reset: true });

  const load = loadOf(gateway, { methods: ['GET'], ratePerSecond: RATE, correct: (status) => status === 503 });
  await seconds(OPEN_MS / 2_000);
  const { requests } = await backend.seen();
  const failed = await load.stop();
  const refusals = await gateway.total('evergate_backend_breaker_refusals_total');
  print('while it is open', failed, `; ${requests} requests reached the backend, ${refusals} were refused`);
  // The window is full of good calls: half of it has to fail. Those under way at that moment come on top.
  expect(requests).toBeLessThanOrEqual(circuitBreaker.slidingWindowSize + 10);
  expect(refusals).toBeGreaterThan(10);
  expect(JSON.parse(await gateway.status('/breakers'))).toMatchObject({ tripped: 1, breakers: [{ state: 'Open' }] });
  if (quantile(baseline.latenciesMs, 0.99) < 2.5) expect(quantile(failed.latenciesMs, 0.5)).toBeLessThan(5);

  // It comes back, slowly enough that the probes are still under way when others come.
  backend.behave({ failPercent: 0, delayMs: 300, reset: true });
  const backAt = performance.now();
  const during = loadOf(gateway, { methods: ['GET'], ratePerSecond: RATE });
  await firstRequests(backend);
  await seconds(0.1);
  const probes = (await backend.seen()).requests;
  await untilClosed();
  const recoveredMs = performance.now() - backAt;
  const after = await during.stop();
  print(
    'as it comes back',
    after,
    `; ${probes} probes, closed ${recoveredMs.toFixed(0)} ms after the backend was back`,
  );
  expect(probes).toBe(PROBES);
  expect(recoveredMs).toBeLessThan(OPEN_MS + 1_000 + 300);
}, 60_000);

async function firstRequests(backend: FaultyBackend): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while ((await backend.seen()).requests === 0) {
    if (performance.now() > endsAt) throw new Error('no probe came');
  }
}

async function untilClosed(): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while (!(await gateway.status('/breakers')).includes('"tripped":0')) {
    if (performance.now() > endsAt) throw new Error('the breaker stays open');
  }
}
