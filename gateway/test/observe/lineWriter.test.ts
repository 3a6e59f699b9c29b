import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { type ByteSink, LineWriter, streamSink } from '../../src/observe/lineWriter.ts';
import type { Timers } from '../../src/reload/timers.ts';

/** Timers that run when told to. */
class ManualTimers implements Timers {
  readonly pending = new Set<() => void>();
  now(): number {
    return 0;
  }
  after(_: number, run: () => void): () => void {
    this.pending.add(run);
    return () => this.pending.delete(run);
  }
  fire(): void {
    for (const run of [...this.pending]) {
      this.pending.delete(run);
      run();
    }
  }
}

/** A sink whose writes end when told to. */
class ManualSink implements ByteSink {
  readonly batches: string[] = [];
  #current: PromiseWithResolvers<void> = Promise.withResolvers();
  write(bytes: Buffer): Promise<void> {
    this.batches.push(bytes.toString());
    this.#current = Promise.withResolvers();
    return this.#current.promise;
  }
  accept(): void {
    this.#current.resolve();
  }
  fail(): void {
    this.#current.reject(new Error('no space'));
  }
}

function create(limitBytes = 1_000) {
  const sink = new ManualSink();
  const timers = new ManualTimers();
  const lost = { lines: 0 };
  const onDropped = (lines: number) => {
    lost.lines += lines;
  };
  return { sink, timers, lost, writer: new LineWriter({ sink, timers, limitBytes, flushAfterMs: 50, onDropped }) };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the writer of lines', () => {
  test('lines are gathered and go out in one write', () => {
    const { sink, timers, writer } = create();
    writer.write('a');
    writer.write('b');
    expect(sink.batches).toEqual([]);
    timers.fire();
    expect(sink.batches).toEqual(['a\nb\n']);
  });

  test('a large batch does not wait for its time', () => {
    const { sink, timers, writer } = create(1_000_000);
    writer.write('x'.repeat(70_000));
    expect(sink.batches).toHaveLength(1);
    expect(timers.pending.size).toBe(0);
  });

  test('while the sink is busy lines wait for one more write, and nothing is reordered', async () => {
    const { sink, timers, writer } = create();
    writer.write('a');
    timers.fire();
    writer.write('b');
    writer.write('c');
    expect(sink.batches).toEqual(['a\n']);
    sink.accept();
    await turn();
    expect(sink.batches).toEqual(['a\n', 'b\nc\n']);
  });

  test('what does not fit beside the bytes that wait is dropped and counted, and room comes back', async () => {
    const { sink, timers, lost, writer } = create(10);
    writer.write('12345');
    timers.fire();
    writer.write('abc');
    writer.write('x');
    expect(lost.lines).toBe(1);
    sink.accept();
    await turn();
    writer.write('defgh');
    expect(lost.lines).toBe(1);
  });

  test('a line is measured in bytes', () => {
    const { lost, writer } = create(6);
    writer.write('€€');
    expect(lost.lines).toBe(1);
  });

  test('a failed write loses its lines, counts them, and the next ones go on', async () => {
    const { sink, timers, lost, writer } = create();
    writer.write('a');
    writer.write('b');
    timers.fire();
    writer.write('c');
    sink.fail();
    await turn();
    expect(lost.lines).toBe(2);
    expect(sink.batches).toEqual(['a\nb\n', 'c\n']);
  });

  test('closing writes what waits', async () => {
    const { sink, writer } = create();
    writer.write('a');
    const closed = writer.close(1_000);
    expect(sink.batches).toEqual(['a\n']);
    sink.accept();
    await closed;
  });

  test('closing does not wait for a sink that hangs', async () => {
    const { timers, writer } = create();
    writer.write('a');
    const closed = writer.close(1_000);
    timers.fire();
    await closed;
  });

  test('a stream whose reader is gone loses lines, not the process', async () => {
    const broken = new Writable({ write: (_, __, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })) });
    const lost = { lines: 0 };
    const onDropped = (lines: number) => {
      lost.lines += lines;
    };
    const writer = new LineWriter({ sink: streamSink(broken), limitBytes: 100, flushAfterMs: 0, onDropped });
    writer.write('a');
    await writer.close(1_000);
    writer.write('b');
    await writer.close(1_000);
    expect(lost.lines).toBe(2);
  });
});
