import type { Writable } from 'node:stream';
import { systemTimers, type Timers } from '../reload/timers.ts';

/** A batch of this size waits for no more lines. */
const BATCH_CHARACTERS = 65_536;

/** Takes bytes without ever blocking the event loop. */
export interface ByteSink {
  /** Writes all of `bytes`. One call at a time. Rejects where they, or a part of them, are lost; what comes later may succeed. */
  write(bytes: Buffer): Promise<void>;
}

/**
 * A stream as a sink. Node writes pipes and sockets without blocking, also as stdout: what the reader does not take waits in memory, which
 * one call at a time bounds. A reader that is gone (EPIPE) makes every write reject.
 */
export function streamSink(stream: Writable): ByteSink {
  stream.on('error', ignoreError);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve()))),
  };
}

/** The callback of the write that failed says the same. */
function ignoreError(): void {}

export interface LineWriterOptions {
  readonly sink: ByteSink;
  /** How much may wait, in bytes; lines beyond are dropped. */
  readonly limitBytes: number;
  /** How long a line may wait for others to go out with it. */
  readonly flushAfterMs: number;
  /** Hears of lines that were dropped, because there were too many or because the sink failed. */
  readonly onDropped: (lines: number) => void;
  readonly timers?: Timers;
}

/**
 * Writes lines to a sink that may be slow: they are gathered for a while, go out in one write, and are dropped and counted
 * while the sink does not keep up. Writing a line never waits and never throws.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #timers: Timers;
  #lines = '';
  #bytes = 0;
  #count = 0;
  #cancelFlush: (() => void) | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
  }

  /** Takes one line without its line feed. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#bytes + bytes > this.#options.limitBytes) {
      this.#options.onDropped(1);
      return;
    }
    this.#lines += `${line}\n`;
    this.#bytes += bytes;
    this.#count += 1;
    if (this.#lines.length >= BATCH_CHARACTERS) this.#flush();
    else this.#scheduleFlush();
  }

  /** Waits until what was taken so far is written or lost, at most `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#flush();
    const deadline = new Promise<'late'>((resolve) => this.#timers.after(timeoutMs, () => resolve('late')));
    while (this.#writing !== undefined) {
      if ((await Promise.race([this.#writing, deadline])) === 'late') return;
    }
  }

  #scheduleFlush(): void {
    if (this.#cancelFlush !== undefined || this.#writing !== undefined) return;
    this.#cancelFlush = this.#timers.after(this.#options.flushAfterMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#writing !== undefined || this.#count === 0) return;
    const batch = Buffer.from(this.#lines);
    const count = this.#count;
    this.#lines = '';
    this.#count = 0;
    this.#writing = this.#options.sink
      .write(batch)
      .catch(() => this.#options.onDropped(count))
      .then(() => this.#written(batch.length));
  }

  /** What came while the sink was busy goes out next. */
  #written(bytes: number): void {
    this.#bytes -= bytes;
    this.#writing = undefined;
    if (this.#count > 0) this.#flush();
  }
}
