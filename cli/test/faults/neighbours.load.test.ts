import { request } from 'node:http';
import { describeRatio, PAIRS, pairedRatio, verdictOf } from '@evergate/gateway/test/support/pairedRatios';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { quantile } from '../load/load.ts';
import { FaultyBackend } from './backends.ts';
import { HOST, loadOf, print, seconds } from './rig.ts';

const ROUNDS = 5;
const HUNG = 200;
const MOST_MORE = 1.1;

let gateway: GatewayUnderTest;
let fast: FaultyBackend;
let other: FaultyBackend;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  fast = await FaultyBackend.start('fast');
  other = await FaultyBackend.start('other');
}, 60_000);

afterAll(async () => {
  await fast?.stop();
  await other?.stop();
  await gateway?.stop();
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

interface Round {
  readonly p99Ms: number;
  /** What the gateway computed for a request. */
  readonly computedMs: number;
}

/** A second of load on the fast backend. */
async function fastRound(): Promise<Round> {
  const before = gateway.computedMs;
  const load = loadOf(gateway, { methods: ['GET'], paths: ['/fast'], ratePerSecond: 150 });
  await seconds(1);
  const { latenciesMs, lost, sent } = await load.stop();
  expect(lost).toEqual([]);
  return { p99Ms: quantile(latenciesMs, 0.99), computedMs: (gateway.computedMs - before) / sent };
}

test('a backend that takes 30 s leaves the others of the gateway as fast as they are', async () => {
  const rules = [ruleOf(0, '/fast', 'test/fast:80'), ruleOf(1, '/slow', 'test/slow:80')];
  await gateway.publish(rules, [
    { id: 'test/fast:80', port: fast.port },
    { id: 'test/slow:80', port: other.port },
  ]);
  await gateway.serving();
  other.behave({ delayMs: 30_000 });
  await fastRound();
  const [p99s, computed]: [[number, number][], [number, number][]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    const alone = await fastRound();
    const leaving = new AbortController();
    const hung = Array.from({ length: HUNG }, () => hang(gateway.port, leaving.signal));
    await hungAt(HUNG);
    const beside = await fastRound();
    leaving.abort();
    await Promise.all(hung);
    await hungAt(0);
    p99s.push([alone.p99Ms, beside.p99Ms]);
    computed.push([alone.computedMs, beside.computedMs]);
  }
  const [p99, cost] = [pairedRatio(p99s), pairedRatio(computed)];
  const [alone, beside] = [median(p99s.map(([ms]) => ms)), median(p99s.map(([, ms]) => ms))];
  process.stdout.write(
    `a backend of 30 s beside a fast one: p99 alone ${alone.toFixed(1)} ms, beside ${beside.toFixed(1)} ms; ` +
      `p99 ${describeRatio(p99)}, ${verdictOf(p99, MOST_MORE)}; computed for a request ${describeRatio(cost)}\n`,
  );
  // Fails when it is certain that there is more, however noisy the machine is.
  expect(p99.lower).toBeLessThan(MOST_MORE);
  expect(cost.lower).toBeLessThan(MOST_MORE);
}, 120_000);

/** A request that the slow backend keeps; resolves when it has ended. */
function hang(port: number, signal: AbortSignal): Promise<void> {
  const sent = request({ host: '127.0.0.1', port, path: '/slow', headers: { host: HOST }, signal });
  sent.on('error', () => {});
  sent.end();
  return new Promise((resolve) => sent.once('close', resolve));
}

/** Resolves when the gateway has so many requests at the slow backend. */
async function hungAt(count: number): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while ((await gateway.total('evergate_backend_requests_in_flight')) !== count) {
    if (performance.now() > endsAt) throw new Error(`the gateway never had ${count} requests at the slow backend`);
  }
}

test('least requests beats round robin beside an endpoint that cannot keep up', async () => {
  // Three endpoints, one of which takes 20 ms a request, one after the other: at 150 requests a second it gets as many as it can do.
  other.behave({ delayMs: 0, serialMs: 20 });
  const third = await FaultyBackend.start('third');
  const port = [fast.port, third.port, other.port];
  const policies = ['LeastRequests', 'RoundRobin'] as const;
  await gateway.publish(
    policies.map((policy, index) => ruleOf(index, `/${policy}`, `test/${policy.toLowerCase()}:80`)),
    policies.map((policy) => ({
      id: `test/${policy.toLowerCase()}:80`,
      port,
      settings: { loadBalancing: { policy } },
    })),
  );
  await gateway.serving();
  const p99 = { LeastRequests: [] as number[], RoundRobin: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const policy of policies) {
      const load = loadOf(gateway, { methods: ['GET'], paths: [`/${policy}`], ratePerSecond: 200 });
      await seconds(1);
      const result = await load.stop();
      // The first round warms up.
      if (round === 0) continue;
      print(policy, result);
      p99[policy].push(quantile(result.latenciesMs, 0.99));
    }
  }
  await third.stop();
  const [least, turns] = [median(p99.LeastRequests), median(p99.RoundRobin)];
  process.stdout.write(
    `beside an endpoint that cannot keep up: p99 ${least.toFixed(0)} ms, round robin ${turns.toFixed(0)} ms\n`,
  );
  expect(least).toBeLessThan(turns);
}, 120_000);
