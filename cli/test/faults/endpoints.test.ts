import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { quantile } from '../load/load.ts';
import { FaultyBackend } from './backends.ts';
import { loadOf, lostOf, print, seconds } from './rig.ts';

const PER_TRY_MS = 500;
const rule = ruleOf(0, '/', 'test/app:80', { timeouts: { backendRequestMs: PER_TRY_MS } });

let gateway: GatewayUnderTest;
let backends: FaultyBackend[];

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
}, 60_000);

afterAll(async () => {
  for (const backend of backends ?? []) await backend.stop();
  await gateway?.stop();
});

async function startThree(): Promise<void> {
  for (const backend of backends ?? []) await backend.stop();
  backends = await Promise.all(['one', 'two', 'three'].map((name) => FaultyBackend.start(name)));
  await publish(backends);
}

async function publish(list: readonly FaultyBackend[]): Promise<void> {
  await gateway.publish([rule], [{ id: 'test/app:80', port: list.map(({ port }) => port) }]);
  await gateway.serving();
}

/** No POST came twice, whatever became of it. */
async function expectPostedOnce(list: readonly FaultyBackend[]): Promise<void> {
  const times = new Map<string, number>();
  for (const backend of list)
    for (const [id, count] of Object.entries((await backend.seen()).posted))
      times.set(id, (times.get(id) ?? 0) + count);
  expect([...times].filter(([, count]) => count > 1)).toEqual([]);
}

test('without a fault nothing is lost', async () => {
  await startThree();
  const load = loadOf(gateway);
  await seconds(2);
  const result = await load.stop();
  print('no fault', result);
  expect(result.lost).toEqual([]);
  await expectPostedOnce(backends);
}, 60_000);

test('one of three backends killed: no GET is lost, and POSTs only that were under way', async () => {
  await startThree();
  const load = loadOf(gateway);
  await seconds(1.5);
  backends[0]?.signal('SIGKILL');
  await seconds(2.5);
  const result = await load.stop();
  print('SIGKILL of one of three', result, `\n${result.lost.map((line) => `  ${line}\n`).join('')}`);
  expect(lostOf('GET', result)).toEqual([]);
  // At 200 a second a third of the POSTs of a few milliseconds, on a busy machine more.
  expect(lostOf('POST', result).length).toBeLessThan(20);
  expect(result.lost.filter((line) => !/ 502 /.test(line))).toEqual([]);
  if (quantile(result.latenciesMs, 0.5) < PER_TRY_MS)
    expect(quantile(result.latenciesMs, 0.99)).toBeLessThan(2 * PER_TRY_MS);
  await expectPostedOnce(backends.slice(1));
}, 60_000);

test('one of three backends a black hole: no GET is lost, and POSTs only until it is ejected', async () => {
  await startThree();
  const load = loadOf(gateway);
  const begunAt = performance.now();
  await seconds(1.5);
  backends[0]?.signal('SIGSTOP');
  const stoppedAt = (performance.now() - begunAt) / 1_000;
  await seconds(4);
  const result = await load.stop();
  backends[0]?.signal('SIGCONT');
  const ejections = await gateway.total('evergate_backend_ejections_total');
  print(
    'SIGSTOP of one of three',
    result,
    `, ${ejections} ejections\n${result.lost.map((line) => `  ${line}\n`).join('')}`,
  );
  expect(lostOf('GET', result)).toEqual([]);
  expect(ejections).toBeGreaterThanOrEqual(1);
  expect(result.lost.filter((line) => !/ 504 /.test(line))).toEqual([]);
  const times = result.lost.map((line) => Number(/at ([0-9.]+) s/.exec(line)?.[1]));
  // The time of three attempts at most: those that were sent before the third failure.
  expect(times.filter((at) => at > stoppedAt + (3 * PER_TRY_MS) / 1_000)).toEqual([]);
  if (quantile(result.latenciesMs, 0.5) < PER_TRY_MS)
    expect(quantile(result.latenciesMs, 0.99)).toBeLessThan(2 * PER_TRY_MS);
}, 60_000);

test('a rolling restart of all backends loses nothing', async () => {
  await startThree();
  const load = loadOf(gateway);
  const gone: FaultyBackend[] = [];
  for (let index = 0; index < 3; index++) {
    const old = backends[index] as FaultyBackend;
    const next = await FaultyBackend.start(`new-${index}`);
    backends = backends.with(index, next);
    await publish(backends);
    await seconds(1);
    gone.push(old);
    await old.stop();
  }
  await seconds(0.5);
  const result = await load.stop();
  print('rolling restart of three', result);
  expect(gone).toHaveLength(3);
  expect(result.lost).toEqual([]);
}, 60_000);
