import { setTimeout as pause } from 'node:timers/promises';
import { RedisStore } from '../../src/state/redis.ts';
import type { RedisSettings } from '../../src/state/redisSettings.ts';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redisServer.ts';

export function redisSettings(fields: Partial<RedisSettings>): RedisSettings {
  return { mode: 'Standalone', endpoints: [], database: 0, commandTimeoutMs: 50, ...fields };
}

/** A store that has found its Redis. */
export async function storeUp(settings: RedisSettings): Promise<RedisStore> {
  const store = new RedisStore({ settings });
  await eventually('Redis is found', () => store.status.up);
  return store;
}

/** Waits until so much time has passed on the clock of Redis, which is the one that counts. */
export async function elapseOn(server: RedisServer, ms: number): Promise<void> {
  const until = (await clockOf(server)) + ms;
  for (let now = 0; now < until; now = await clockOf(server)) await pause(Math.min(ms, 10));
}

async function clockOf(server: RedisServer): Promise<number> {
  const [, seconds, microseconds] = /\*2\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(\d+)/.exec(await server.command('TIME')) ?? [];
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
