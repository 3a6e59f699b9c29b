import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RedisStore } from '../../src/state/redis.ts';
import type { StoreError } from '../../src/state/store.ts';
import { eventually } from '../support/eventually.ts';
import { RedisServer } from '../support/redisServer.ts';
import { redisSettings, storeUp } from './redisStores.ts';
import { chargeOf } from './storeBehaviour.ts';

const TIMEOUT_MS = 50;
let server: RedisServer;
let store: RedisStore;

beforeEach(async () => {
  server = await RedisServer.start();
  store = await storeUp(settings());
});

afterEach(async () => {
  store.close();
  await server[Symbol.asyncDispose]();
});

function settings() {
  return redisSettings({ endpoints: [{ host: '127.0.0.1', port: server.port }], commandTimeoutMs: TIMEOUT_MS });
}

interface Attempt {
  readonly failure: StoreError['failure'] | undefined;
  readonly tookMs: number;
}

async function attempt(): Promise<Attempt> {
  const startedAt = performance.now();
  const failure = await store.take([chargeOf()]).then(
    () => undefined,
    (error: StoreError) => error.failure,
  );
  return { failure, tookMs: performance.now() - startedAt };
}

describe('a Redis that stands still', () => {
  test('costs the commands under way one time limit, and those after them nothing', async () => {
    server.suspend();
    const underWay = await Promise.all(Array.from({ length: 20 }, attempt));
    expect(underWay.map(({ failure }) => failure)).toEqual(new Array(20).fill('Timeout'));
    const after: Attempt[] = [];
    for (const endsAt = performance.now() + 600; performance.now() < endsAt; ) {
      after.push(await attempt());
      await new Promise((resolve) => setImmediate(resolve));
    }
    const longest = Math.max(...underWay.map(({ tookMs }) => tookMs));
    const slow = after.filter(({ tookMs }) => tookMs > TIMEOUT_MS / 2).length;
    process.stdout.write(
      `Redis stopped: ${longest.toFixed(1)} ms for commands under way, ${slow} of ${after.length} later ones waited\n`,
    );
    expect(new Set(after.map(({ failure }) => failure))).toEqual(new Set(['Down']));
    server.resume();
    await eventually('it is found again', () => store.status.up);
    expect((await attempt()).failure).toBeUndefined();
  });

  test('is not taken for one when it is this process that stood still', async () => {
    const [result] = await Promise.all([attempt(), Promise.resolve().then(() => block(TIMEOUT_MS * 3))]);
    expect(result.failure).toBeUndefined();
    expect(store.status.up).toBe(true);
  });
});

describe('a Redis that dies', () => {
  test('is known to be dead at once, and found within 2 s of its return', async () => {
    const underWay = Array.from({ length: 5 }, attempt);
    await Promise.all([server.kill(), ...underWay]);
    await eventually('it is known to be down', () => !store.status.up);
    expect((await attempt()).failure).toBe('Down');
    await server.restart();
    const returnedAt = performance.now();
    await eventually('it is found again', () => store.status.up);
    process.stdout.write(`Redis back: found after ${(performance.now() - returnedAt).toFixed(0)} ms\n`);
    expect((await attempt()).failure).toBeUndefined();
  });

  test('and one that never was there is the same', async () => {
    await server.kill();
    const other = new RedisStore({ settings: settings() });
    await expect(other.take([chargeOf()])).rejects.toMatchObject({ failure: 'Down' });
    expect(other.status.up).toBe(false);
    other.close();
  });
});

describe('a Redis that is there and cannot work', () => {
  test('that became a replica is left, and taken again when it is a primary', async () => {
    await server.command('REPLICAOF', '127.0.0.1', '1');
    expect((await attempt()).failure).toBe('Down');
    await server.command('REPLICAOF', 'NO', 'ONE');
    await eventually('it is found again', () => store.status.up);
    expect((await attempt()).failure).toBeUndefined();
  });

  test('that answers PING alone is tried at most once a second', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    let refused = 0;
    for (const endsAt = performance.now() + 2_500; performance.now() < endsAt; ) {
      if ((await attempt()).tookMs > 0 && store.status.up) refused++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const evals = Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.command('INFO', 'commandstats'))?.[1] ?? 0);
    process.stdout.write(`Redis without memory: ${evals} commands in 2.5 s\n`);
    expect(refused).toBeLessThanOrEqual(1);
    expect(evals).toBeLessThanOrEqual(8);
  });

  test('for want of a password is down, and says why without naming it', async () => {
    await server.command('CONFIG', 'SET', 'requirepass', 'open-sesame');
    const reasons: (string | undefined)[] = [];
    const wrong = new RedisStore({
      settings: { ...settings(), password: 'wrong-guess' },
      onChanged: (_, reason) => reasons.push(reason),
    });
    const right = await storeUp({ ...settings(), password: 'open-sesame' });
    expect((await right.take([chargeOf()]))[0]?.admitted).toBe(true);
    await expect(wrong.take([chargeOf()])).rejects.toMatchObject({ failure: 'Down' });
    expect(JSON.stringify(reasons)).not.toContain('wrong-guess');
    wrong.close();
    right.close();
  });
});

function block(ms: number): void {
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; );
}
