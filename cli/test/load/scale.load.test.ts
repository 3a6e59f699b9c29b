import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EchoBackend } from './evergate.ts';
import { GatewayUnderTest, ruleOf } from './gateway.ts';

const ROUTES = 10_000;
const BACKENDS = 1_000;
const MEGABYTE = 1_000_000;

let echo: EchoBackend;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  echo = await EchoBackend.start('echo');
  gateway = await GatewayUnderTest.start();
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await echo?.stop();
});

function tableOf(version: string) {
  const backends = Array.from({ length: BACKENDS }, (_, index) => ({ id: `test/b${index}:80`, port: echo.port }));
  const rules = Array.from({ length: ROUTES }, (_, index) =>
    ruleOf(index, `/${version}/route-${index}`, `test/b${index % BACKENDS}:80`),
  );
  return { rules, backends };
}

async function answer(path: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: gateway.port, path, headers: { host: 'big.example.com' } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.end();
  });
}

test('a table of 10,000 routes is in service within 2 s, blocks nobody, and fits into 200 MB', async () => {
  const backends = [{ id: 'test/b0:80', port: echo.port }];
  await gateway.publish([ruleOf(0, '/first', 'test/b0:80')], backends);
  await gateway.serving();
  expect(await answer('/first')).toBe(200);
  await gateway.metric('evergate_event_loop_block_cpu_seconds_max');

  // A whole new table, then one that differs in every route, then one route among them.
  const figures: string[] = [];
  const blocksMs: number[] = [];
  const tookMs: number[] = [];
  const first = tableOf('v1');
  const second = tableOf('v2');
  const edited = { ...second, rules: [ruleOf(0, '/v3/edited', 'test/b1:80'), ...second.rules.slice(1)] };
  for (const [what, { rules, backends }] of Object.entries({
    'a new table': first,
    'every route changed': second,
    'one route changed': edited,
  })) {
    const writtenAt = await gateway.publish(rules, backends);
    await gateway.serving();
    tookMs.push(performance.now() - writtenAt);
    blocksMs.push((await gateway.metric('evergate_event_loop_block_cpu_seconds_max')) * 1_000);
    figures.push(`${what} after ${tookMs.at(-1)?.toFixed(0)} ms, longest block ${blocksMs.at(-1)?.toFixed(1)} ms CPU`);
  }
  expect(await answer('/v3/edited')).toBe(200);
  expect(await answer(`/v2/route-${ROUTES - 1}/x`)).toBe(200);
  expect(await answer('/v1/route-5')).toBe(404);
  const resident = gateway.residentBytes / MEGABYTE;
  process.stdout.write(`${ROUTES} routes: ${figures.join('; ')}; ${resident.toFixed(0)} MB resident\n`);
  expect(Math.max(...tookMs)).toBeLessThan(2_000);
  expect(Math.max(...blocksMs)).toBeLessThan(25);
  expect(resident).toBeLessThan(200);
}, 120_000);
