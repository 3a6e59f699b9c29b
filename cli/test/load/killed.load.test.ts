import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { service } from '../serviceManifest.ts';
import { EchoBackend, Evergate } from './evergate.ts';
import { Load, type LoadResult } from './load.ts';
import { route } from './manifests.ts';

const RATE = 200;
const HOST = 'load.example.com';

let backend: EchoBackend;
let evergate: Evergate;

beforeAll(async () => {
  backend = await EchoBackend.start('one');
  evergate = await Evergate.start(async (folder) => {
    const backends = [['one', 1]] as const;
    await writeFile(
      join(folder, 'all.yaml'),
      `${service('one', backend.port)}---\n${route({ name: 'r', host: HOST, path: '/', backends })}`,
    );
  });
}, 90_000);

afterAll(async () => {
  await evergate?.stop();
  await backend?.stop();
}, 30_000);

function load(): Load {
  return new Load({
    port: evergate.port,
    host: HOST,
    ratePerSecond: RATE,
    paths: ['/a', '/b'],
    correct: (status, body, id) => status === 200 && (JSON.parse(body) as { id: string }).id === id,
  });
}

async function untilServing(number: number): Promise<void> {
  for (;;) {
    const ready = await evergate.status(number, '/health/ready').then(
      (text) => text.startsWith('{"status":"UP"'),
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every acknowledged POST came to the backend, and none came twice. */
async function expectPostedOnce({ acknowledgedPosts }: LoadResult): Promise<void> {
  const posted = await backend.posted();
  expect(acknowledgedPosts.filter((id) => posted[id] === undefined)).toEqual([]);
  expect(Object.entries(posted).filter(([, times]) => times > 1)).toEqual([]);
}

function print(what: string, { sent, lost }: LoadResult, more = ''): void {
  process.stdout.write(`${what}: ${sent} requests, ${lost.length} lost${more}\n`);
}

test('without a fault nothing is lost', async () => {
  const running = load();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const result = await running.stop();
  print('no fault', result);
  expect(result.lost).toEqual([]);
  await expectPostedOnce(result);
}, 60_000);

test('a gateway that is killed takes only what is inside it along, and is back within 2 s', async () => {
  const running = load();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = evergate.pids;
  // Those that fail must be on connections to the dead process: as many as may be in flight there at 200 a second.
  const startedAt = performance.now();
  process.kill(before[0] as number, 'SIGKILL');
  await evergate.printed(/gateway 1 started[\s\S]*gateway 1 started/);
  await untilServing(0);
  const backMs = performance.now() - startedAt;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const result = await running.stop();
  print(
    'SIGKILL of one of three',
    result,
    `, back after ${backMs.toFixed(0)} ms\n${result.lost.map((line) => `  ${line}\n`).join('')}`,
  );
  const killedAtSeconds = 1;
  const inside = result.lost.filter((line) => /socket hang up|ECONNRESET/.test(line));
  expect(inside).toEqual(result.lost);
  const times = result.lost.map((line) => Number(/at ([0-9.]+) s/.exec(line)?.[1]));
  expect(times.filter((seconds) => seconds > killedAtSeconds + 1.5)).toEqual([]);
  expect(result.lost.length).toBeLessThan(20);
  expect(backMs).toBeLessThan(2_000);
  await expectPostedOnce(result);
}, 60_000);

test('a gateway that is asked to end with SIGTERM loses nothing, one after the other', async () => {
  const running = load();
  for (const number of [1, 2, 3]) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const restarted = new RegExp(`(gateway ${number} started[\\s\\S]*){${number === 1 ? 3 : 2}}`);
    process.kill(evergate.pids[number - 1] as number, 'SIGTERM');
    await evergate.printed(restarted);
    await untilServing(number - 1);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const result = await running.stop();
  print('SIGTERM of each of three', result);
  expect(result.lost).toEqual([]);
  await expectPostedOnce(result);
}, 90_000);

test('Ctrl-C ends everything within 2 s', async () => {
  const pids = evergate.pids;
  const tookMs = await evergate.stop();
  process.stdout.write(`Ctrl-C: ended after ${tookMs.toFixed(0)} ms\n`);
  expect(tookMs).toBeLessThan(2_000);
  expect(pids.filter(isAlive)).toEqual([]);
}, 30_000);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
