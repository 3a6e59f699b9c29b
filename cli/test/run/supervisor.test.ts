import { describe, expect, test } from '@jest/globals';
import { Backoff } from '../../src/run/backoff.ts';
import { type ProcessEnd, type RunningProcess, Supervisor } from '../../src/run/supervisor.ts';
import { ManualTimers } from './manualTimers.ts';

/** A process that ends when the test says so, or on SIGKILL. */
class StandIn implements RunningProcess {
  readonly pid: number;
  readonly signals: string[] = [];
  readonly #end = Promise.withResolvers<ProcessEnd>();

  constructor(pid: number) {
    this.pid = pid;
  }

  get ended(): Promise<ProcessEnd> {
    return this.#end.promise;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.#end.resolve({ code: null, signal });
  }

  async die(): Promise<void> {
    this.#end.resolve({ code: 1, signal: null });
    await this.ended;
    await Promise.resolve();
  }
}

function supervise(count: number) {
  const timers = new ManualTimers();
  const started: StandIn[] = [];
  const ends: string[] = [];
  const supervisor = new Supervisor({
    count,
    start: (number) => {
      const process = new StandIn(number);
      started.push(process);
      return process;
    },
    onStart: () => {},
    onEnd: (number, { code }, restartMs) => ends.push(`${number} ended with ${code}, again after ${restartMs}`),
    timers,
  });
  supervisor.start();
  return { supervisor, timers, started, ends };
}

describe('Supervisor', () => {
  test('starts a process that ends again under its number, the first time at once', async () => {
    const { timers, started, ends } = supervise(2);
    await started[1]?.die();
    timers.advance(0);
    expect(started.map(({ pid }) => pid)).toEqual([1, 2, 2]);
    expect(ends).toEqual(['2 ended with 1, again after 0']);
  });

  test('waits longer each time it dies young', async () => {
    const { timers, started, ends } = supervise(1);
    for (let deaths = 0; deaths < 3; deaths++) {
      await started.at(-1)?.die();
      timers.advance(500);
    }
    expect(ends.map((end) => end.replace(/.* /, ''))).toEqual(['0', '250', '500']);
    expect(started).toHaveLength(4);
  });

  test('ends all with SIGTERM, and with SIGKILL those that are left after the grace', async () => {
    const { supervisor, timers, started } = supervise(2);
    const stopped = supervisor.stop(1_000);
    await started[0]?.die();
    timers.advance(1_000);
    await stopped;
    expect(started.map(({ signals }) => signals)).toEqual([
      ['SIGTERM', 'SIGKILL'],
      ['SIGTERM', 'SIGKILL'],
    ]);
    timers.advance(60_000);
    expect(started).toHaveLength(2);
  });

  test('starts nothing after it was stopped', async () => {
    const { supervisor, timers, started } = supervise(1);
    await started[0]?.die();
    await supervisor.stop(1_000);
    supervisor.start();
    timers.advance(60_000);
    expect(started).toHaveLength(1);
  });
});

describe('Backoff', () => {
  test('doubles up to 10 s, and begins anew after a life of 10 s', () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 9 }, () => backoff.next(100));
    expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(backoff.next(10_000)).toBe(0);
  });
});
