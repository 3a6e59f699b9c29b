import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { quantile } from '../load/load.ts';
import { FaultyBackend } from './backends.ts';
import { HOST, loadOf, print, seconds } from './rig.ts';

const ROUNDS = 5;

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

function spread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values) - 1;
}

test('a backend that takes 30 s leaves the others of the gateway as fast as they are', async () => {
  const rules = [ruleOf(0, '/fast', 'test/fast:80'), ruleOf(1, '/slow', 'test/slow:80')];
  await gateway.publish(rules, [
    { id: 'test/fast:80', port: fast.port },
    { id: 'test/slow:80', port: other.port },
  ]);
  await gateway.serving();
  other.behave({ delayMs: 30_000 });
  const measure = async (): Promise<number> => {
    const load = loadOf(gateway, { methods: ['GET'], paths: ['/fast'], ratePerSecond: 150 });
    await seconds(1);
    const { latenciesMs, lost } = await load.stop();
    expect(lost).toEqual([]);
    return quantile(latenciesMs, 0.99);
  };
  await measure();
  const [alone, beside]: [number[], number[]] = [[], []];
  const stuck: AbortController[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await measure());
    const leaving = new AbortController();
    stuck.push(leaving);
    for (let count = 0; count < 200; count++) hang(gateway.port, leaving.signal);
    beside.push(await measure());
    leaving.abort();
  }
  const ratio = median(beside) / median(alone);
  const figures = `p99 alone ${median(alone).toFixed(1)} ms (rounds differ by ${(spread(alone) * 100).toFixed(0)} %), beside ${median(beside).toFixed(1)} ms`;
  process.stdout.write(`a backend of 30 s beside a fast one: ${figures}, ratio ${ratio.toFixed(2)}\n`);
  if (spread(alone) < 0.1) expect(ratio).toBeLessThan(1.1);
}, 120_000);

function hang(port: number, signal: AbortSignal): void {
  const sent = request({ host: '127.0.0.1', port, path: '/slow', headers: { host: HOST }, signal });
  sent.on('error', () => {});
  sent.end();
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
