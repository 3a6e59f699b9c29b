import { describe, expect, test } from '@jest/globals';
import { createBreather, inSlices } from '../../src/reload/breathe.ts';

describe('createBreather', () => {
  test('asks for a pause when the slice has lasted long enough, and begins another after it', async () => {
    let now = 1_000;
    const breathe = createBreather(8, () => now);
    expect(breathe()).toBeUndefined();
    now += 7;
    expect(breathe()).toBeUndefined();
    now += 1;
    await breathe();
    expect(breathe()).toBeUndefined();
    now += 8;
    expect(breathe()).toBeInstanceOf(Promise);
  });

  test('lets the event loop turn', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('a request'));
    await createBreather(0, () => 0)();
    order.push('the next slice');
    expect(order).toEqual(['a request', 'the next slice']);
  });
});

describe('inSlices', () => {
  test('takes every step, pausing where it is due, and returns what they come to', async () => {
    let pauses = 0;
    const steps = function* (): Generator<void, string> {
      for (let step = 0; step < 10; step++) yield;
      return 'done';
    };
    const breathe = (): Promise<void> | undefined => (++pauses % 3 === 0 ? Promise.resolve() : undefined);
    expect(await inSlices(steps(), breathe)).toBe('done');
    expect(pauses).toBe(10);
  });
});
