import { request } from 'node:http';
import {
  type Block,
  describeRatio,
  PAIRS,
  pairedRatio,
  quantileRatio,
  verdictOf,
} from '@evergate/gateway/test/support/pairedRatios';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { type Load, quantile } from '../load/load.ts';
import { FaultyBackend } from './backends.ts';
import { HOST, loadOf, print, seconds } from './rig.ts';

const ROUNDS = 5;
const HUNG = 200;
const MOST_MORE = 1.1;
const ROUNDS_A_PAIR = 4;
const RATE = 200;

/** Two, so that what is compared happens at the same time. */
let gateways: readonly [GatewayUnderTest, GatewayUnderTest];
let gateway: GatewayUnderTest;
let fast: FaultyBackend;
let other: FaultyBackend;

beforeAll(async () => {
  gateways = [await GatewayUnderTest.start(), await GatewayUnderTest.start()];
  [gateway] = gateways;
  fast = await FaultyBackend.start('fast');
  other = await FaultyBackend.start('other');
}, 60_000);

afterAll(async () => {
  await fast?.stop();
  await other?.stop();
  for (const one of gateways ?? []) await one.stop();
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

interface Round {
  readonly latenciesMs: readonly number[];
  /** What the gateway computed for a request. */
  readonly computedMs: number;
}

/** A second of load on the fast backend, through both gateways at once: whatever else the machine does then meets both. */
async function fastRounds(): Promise<readonly [Round, Round]> {
  const loads: { readonly load: Load; readonly before: number }[] = [];
  for (const one of gateways) {
    const before = one.computedMs;
    loads.push({ load: loadOf(one, { methods: ['GET'], paths: ['/fast'], ratePerSecond: RATE }), before });
    // Never do both send at the same moment.
    await seconds(0.005);
  }
  await seconds(1);
  const rounds = gateways.map(async (one, i): Promise<Round> => {
    const { load, before } = loads[i] as (typeof loads)[number];
    const { latenciesMs, lost, sent } = await load.stop();
    expect(lost).toEqual([]);
    return { latenciesMs, computedMs: (one.computedMs - before) / sent };
  });
  return (await Promise.all(rounds)) as [Round, Round];
}

test('a backend that takes 30 s leaves the others of the gateway as fast as they are', async () => {
  const rules = [ruleOf(0, '/fast', 'test/fast:80'), ruleOf(1, '/slow', 'test/slow:80')];
  for (const one of gateways) {
    await one.publish(rules, [
      { id: 'test/fast:80', port: fast.port },
      { id: 'test/slow:80', port: other.port },
    ]);
    await one.serving();
  }
  other.behave({ delayMs: 30_000 });
  await fastRounds();
  const blocks: Block[] = [];
  const computed: [number, number][] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [slowed, undisturbed] = pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const leaving = new AbortController();
    const hung = Array.from({ length: HUNG }, () => hang(gateways[slowed].port, leaving.signal));
    await hungAt(gateways[slowed], HUNG);
    const costs: [number, number] = [0, 0];
    for (let round = 0; round < ROUNDS_A_PAIR; round++) {
      const rounds = await fastRounds();
      const [alone, beside] = [rounds[undisturbed], rounds[slowed]];
      blocks.push([alone.latenciesMs, beside.latenciesMs]);
      costs[0] += alone.computedMs;
      costs[1] += beside.computedMs;
    }
    leaving.abort();
    await Promise.all(hung);
    await hungAt(gateways[slowed], 0);
    computed.push(costs);
  }
  const [p50, p99, cost] = [quantileRatio(blocks, 0.5), quantileRatio(blocks, 0.99), pairedRatio(computed)];
  process.stdout.write(
    `a backend of 30 s beside a fast one: p50 ${describeRatio(p50)}; ` +
      `p99 ${describeRatio(p99)}, ${verdictOf(p99, MOST_MORE)}; computed for a request ${describeRatio(cost)}\n`,
  );
  // Fails when it is certain that there is more, however noisy the machine is.
  expect(p50.lower).toBeLessThan(MOST_MORE);
  expect(p99.lower).toBeLessThan(MOST_MORE);
  expect(cost.lower).toBeLessThan(MOST_MORE);
}, 240_000);

/** A request that the slow backend keeps; resolves when it has ended. */
function hang(port: number, signal: AbortSignal): Promise<void> {
  const sent = request({ host: '127.0.0.1', port, path: '/slow', headers: { host: HOST }, signal });
  sent.on('error', () => {});
  sent.end();
  return new Promise((resolve) => sent.once('close', resolve));
}

/** Resolves when the gateway has so many requests at the slow backend. */
async function hungAt(one: GatewayUnderTest, count: number): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while ((await one.total('evergate_backend_requests_in_flight')) !== count) {
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
