import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { LimitAlgorithm } from '../../src/state/limit.ts';
import { limitArguments, readAnswers } from '../../src/state/limitCommand.ts';
import { LocalLimits } from '../../src/state/localLimits.ts';
import { takeLimits } from '../../src/state/scripts/takeLimits.ts';
import { RedisServer } from '../support/redisServer.ts';
import { chargeOf } from './storeBehaviour.ts';

/** Redis's clock is no argument of the script: here it is, so that hours pass in no time. Keys outlive them, as they would not. */
const timed = takeLimits
  .replace("redis.call('TIME')", '{ARGV[#ARGV - 1], ARGV[#ARGV]}')
  .replaceAll(/redis\.call\('PEXPIRE'[^\n]*\)\)/g, 'local _')
  .replaceAll(/, 'PX', math\.ceil\([^\n]*\)\)/g, ')');

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis({ port: server.port, host: '127.0.0.1' });
});

afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

test.each(['SlidingWindow', 'TokenBucket'] as const)(
  'the script of %s decides as the memory of one gateway does',
  async (algorithm: LimitAlgorithm) => {
    const gaps = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        gaps,
        // Whole milliseconds between two: both then compute exactly.
        fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 10, 12),
        fc.integer({ min: 1, max: 12 }),
        async (waits, requests, burst) => {
          let nowMs = 1_700_000_000_000;
          const local = new LocalLimits(10, () => nowMs);
          const charge = chargeOf({ algorithm, requests, burst, windowMs: 6_000 });
          for (const wait of waits) {
            nowMs += wait;
            const clock = [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1_000];
            const answer = await redis.eval(timed, 1, charge.key, ...limitArguments([charge]), ...clock);
            const [shared] = readAnswers(answer, 1);
            const [own] = local.take([charge]);
            expect([shared?.admitted, shared?.remaining]).toEqual([own?.admitted, own?.remaining]);
            expect(Math.abs((shared?.resetMs ?? 0) - (own?.resetMs ?? 0))).toBeLessThan(1);
          }
        },
      ),
      { numRuns: 40 },
    );
  },
  60_000,
);
