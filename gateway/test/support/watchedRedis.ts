import { setTimeout as pause } from 'node:timers/promises';
import { RedisServer } from './redisServer.ts';

const WAIT_MS = 30_000;

/** A Redis, its replica, and three Sentinels that watch them. */
export interface WatchedRedis extends AsyncDisposable {
  /** Of the Sentinels; they call the primary `state`. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  /** Puts a value into the primary; resolves when the replica has it. */
  store(key: string, value: string): Promise<void>;
  /** Kills the primary; resolves when every Sentinel names the replica. */
  failOver(): Promise<void>;
  /** Kills the Sentinels, the primary and its replica. */
  killAll(): Promise<void>;
}

export async function startSentinels(): Promise<WatchedRedis> {
  const primary = await RedisServer.start();
  const replica = await RedisServer.start([`replicaof 127.0.0.1 ${primary.port}`]);
  await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'));
  const sentinels = await Promise.all([1, 2, 3].map(() => RedisServer.startSentinel(primary.port, 2, 500)));
  await until(async () => {
    const infos = await Promise.all(sentinels.map((sentinel) => sentinel.command('INFO', 'sentinel')));
    return infos.every((text) => /slaves=1,sentinels=3/.test(text));
  });
  return {
    endpoints: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    async store(key, value) {
      await primary.command('SET', key, value);
      await until(async () => (await replica.command('GET', key)).includes(value));
    },
    async failOver() {
      await primary.kill();
      await until(async () => (await namedPorts(sentinels)).every((port) => port === replica.port));
    },
    async killAll() {
      for (const server of [...sentinels, replica, primary]) await server.kill();
    },
    async [Symbol.asyncDispose]() {
      for (const server of [primary, replica, ...sentinels]) await server[Symbol.asyncDispose]();
    },
  };
}

function namedPorts(sentinels: readonly RedisServer[]): Promise<number[]> {
  return Promise.all(
    sentinels.map(async (sentinel) => {
      const answer = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'state');
      return Number(answer.split('\r\n')[4]);
    }),
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + WAIT_MS;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error('the Sentinels did not do what was waited for');
    await pause(20);
  }
}
