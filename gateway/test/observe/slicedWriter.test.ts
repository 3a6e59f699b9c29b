import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { writeSliced } from '../../src/observe/slicedWriter.ts';
import { createBreather } from '../../src/reload/breathe.ts';

/** Keeps blocks; each is taken when `take` is called. */
class SlowSink extends Writable {
  readonly blocks: string[] = [];
  #taken: (() => void) | undefined;
  constructor() {
    super({ decodeStrings: false, highWaterMark: 1 });
  }
  override _write(block: string, _: BufferEncoding, taken: () => void): void {
    this.blocks.push(block);
    this.#taken = taken;
    this.emit('block');
  }
  take(): void {
    this.#taken?.();
  }
}

const never = new AbortController().signal;

describe('writing in slices', () => {
  test('a slice ends when its time is over, and other work gets its turn', async () => {
    const clock = { now: 0 };
    const order: string[] = [];
    const sink = new Writable({ write: (_, __, taken) => taken() });
    function* chunks() {
      for (let index = 0; index < 9; index += 1) {
        clock.now += 2;
        order.push('chunk');
        yield 'x';
      }
    }
    const ticking = setImmediate(function tick() {
      order.push('other');
      if (order.length < 20) setImmediate(tick);
    });
    await writeSliced(
      chunks(),
      sink,
      never,
      createBreather(5, () => clock.now),
    );
    clearImmediate(ticking);
    const slices = order
      .join(' ')
      .split('other')
      .map((slice) => slice.trim().split(' ').filter(Boolean).length);
    expect(Math.max(...slices)).toBeLessThanOrEqual(4);
    expect(order.filter((entry) => entry === 'chunk')).toHaveLength(9);
  });

  test('while the sink is full nothing is pulled, so that one block at most is in memory', async () => {
    const sink = new SlowSink();
    let pulled = 0;
    function* chunks() {
      for (; pulled < 10; pulled += 1) yield 'x'.repeat(40_000);
    }
    const first = new Promise((resolve) => sink.once('block', resolve));
    const written = writeSliced(chunks(), sink, never, () => undefined);
    await first;
    expect(pulled).toBeLessThanOrEqual(2);
    sink.on('block', () => sink.take());
    sink.take();
    await written;
    expect(sink.blocks.join('')).toHaveLength(400_000);
  });

  test('it ends when the reader has gone, also while it waits for it', async () => {
    const sink = new SlowSink();
    const leaving = new AbortController();
    sink.once('block', () => leaving.abort());
    let ended = false;
    function* chunks() {
      try {
        for (;;) yield 'x'.repeat(70_000);
      } finally {
        ended = true;
      }
    }
    await expect(writeSliced(chunks(), sink, leaving.signal)).rejects.toThrow('abort');
    expect(ended).toBe(true);
  });
});
