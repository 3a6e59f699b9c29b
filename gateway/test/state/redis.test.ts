import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisStore } from '../../src/state/redis.ts';
import { maxSessionBytes } from '../../src/state/store.ts';
import { RedisServer } from '../support/redisServer.ts';
import { elapseOn, redisSettings, storeUp } from './redisStores.ts';
import { chargeOf, describeStore } from './storeBehaviour.ts';

let server: RedisServer;
let store: RedisStore;

beforeAll(async () => {
  server = await RedisServer.start();
  store = await storeUp(
    redisSettings({ endpoints: [{ host: '127.0.0.1', port: server.port }], commandTimeoutMs: 1_000 }),
  );
});

afterAll(async () => {
  store.close();
  await server[Symbol.asyncDispose]();
});

describeStore('one Redis', () => ({ store, span: 1_000, elapse: (ms) => elapseOn(server, ms) }));

describe('sessions in Redis', () => {
  test('a hash is read as its fields', async () => {
    await server.command('HSET', 'session:hash', 'user', 'ada', 'role', 'admin');
    expect(await store.session('session:hash', 0)).toEqual({ user: 'ada', role: 'admin' });
  });

  test('what is too large, or no session at all, is refused without being read', async () => {
    await server.command('SET', 'session:large', 'x'.repeat(maxSessionBytes + 1));
    await server.command('HSET', 'session:wide', 'field', 'x'.repeat(maxSessionBytes));
    await server.command('LPUSH', 'session:list', 'x');
    for (const key of ['session:large', 'session:wide', 'session:list']) {
      await expect(store.session(key, 0)).rejects.toMatchObject({ failure: 'Refused' });
    }
    expect(store.status.up).toBe(true);
  });
});

describe('the script of limits', () => {
  test('is sent again where Redis has forgotten it', async () => {
    const charge = chargeOf({ windowMs: 60_000 });
    await store.take([charge]);
    await server.command('SCRIPT', 'FLUSH');
    expect((await store.take([charge]))[0]?.remaining).toBe(1);
  });
});
