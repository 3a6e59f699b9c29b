import { createHash } from 'node:crypto';
import type { RedisClient } from './redisClient.ts';

/** A script that Redis knows by its hash; told whole where it does not, after a restart or a failover. */
export class LuaScript {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    // Redis names scripts so; nothing rests on its strength.
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  async run(client: RedisClient, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (replyCode(error) !== 'NOSCRIPT') throw error;
      return client.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}

/** The first word of an error that Redis answered with, which is its code (RESP: simple errors); undefined for other errors. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'ReplyError' ? error.message.split(' ', 1)[0] : undefined;
}
