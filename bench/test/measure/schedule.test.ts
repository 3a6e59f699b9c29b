import { describe, expect, test } from '@jest/globals';
import { interleave } from '../../src/measure/schedule.ts';

async function record(rounds: number, counts: (name: string, pass: number) => boolean): Promise<readonly string[]> {
  const ran: string[] = [];
  await interleave(['a', 'b', 'c'], rounds, async (name, pass) => {
    ran.push(`${name}${pass}`);
    return counts(name, pass);
  });
  return ran;
}

describe('interleaved rounds', () => {
  test('give everyone a turn in each pass, beginning with another one each time', async () => {
    expect(await record(3, () => true)).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'c2', 'a2', 'b2']);
  });

  test('are repeated only for whom they did not count', async () => {
    const ran = await record(2, (name, pass) => name !== 'b' || pass > 0);
    expect(ran).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'b2']);
  });

  test('end after twice as many passes where they never count', async () => {
    const ran = await record(2, () => false);
    expect(ran).toHaveLength(12);
  });

  test('do not begin without contestants', async () => {
    await interleave([], 3, () => Promise.reject(new Error('nobody is there')));
  });
});
