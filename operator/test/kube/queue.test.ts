import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type QueueOptions, WorkQueue } from '../../src/kube/queue.ts';
import { settle } from '../support/eventually.ts';
import { ManualClock } from '../support/manualClock.ts';

describe('a work queue', () => {
  let clock: ManualClock;
  let stop: AbortController;
  let started: { readonly key: string; readonly atMs: number }[];
  let ends: Map<string, (error?: Error) => void>;
  let running: Promise<void> | undefined;

  beforeEach(() => {
    clock = new ManualClock();
    stop = new AbortController();
    started = [];
    ends = new Map();
    running = undefined;
  });
  afterEach(async () => {
    stop.abort();
    for (const end of ends.values()) end();
    await running;
  });

  function queueOf(options: Partial<QueueOptions<string>> = {}): WorkQueue<string> {
    return new WorkQueue({ clock, ...options });
  }

  /** Runs the queue with turns that end when the test says so. */
  function run(queue: WorkQueue<string>, concurrency = 1): void {
    const startMs = clock.nowMs();
    const worker = (key: string): Promise<void> => {
      started.push({ key, atMs: clock.nowMs() - startMs });
      return new Promise((resolve, reject) => {
        ends.set(key, (error) => (error === undefined ? resolve() : reject(error)));
      });
    };
    running = queue.run(worker, concurrency, stop.signal);
  }

  async function end(key: string, error?: Error): Promise<void> {
    ends.get(key)?.(error);
    ends.delete(key);
    await settle();
  }

  const keys = () => started.map(({ key }) => key);
  const times = () => started.map(({ atMs }) => atMs);

  test('a key waits once, however often it is added', async () => {
    const queue = queueOf();
    for (let n = 0; n < 5; n++) queue.add('a');
    expect(queue.depth).toBe(1);
    run(queue);
    await end('a');
    expect(keys()).toEqual(['a']);
    expect(queue.depth).toBe(0);
  });

  test('turns of one key never overlap; what is added during one is done after it', async () => {
    const queue = queueOf();
    run(queue, 4);
    queue.add('a');
    queue.add('a');
    queue.add('a');
    await settle();
    expect(keys()).toEqual(['a']);
    await end('a');
    expect(keys()).toEqual(['a', 'a']);
    await end('a');
    expect(keys()).toEqual(['a', 'a']);
  });

  test('as many keys as allowed are worked on at a time, in their order', async () => {
    const queue = queueOf();
    run(queue, 2);
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    expect(keys()).toEqual(['a', 'b']);
    await end('b');
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  test('a worker that adds keys does not get more turns at a time', async () => {
    const queue = queueOf();
    let most = 0;
    let now = 0;
    const worker = async (key: string): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      if (key.length < 5) queue.add(`${key}x`);
      await Promise.resolve();
      now -= 1;
    };
    running = queue.run(worker, 1, stop.signal);
    queue.add('x');
    await settle();
    expect(most).toBe(1);
    expect(queue.depth).toBe(0);
  });

  test('a failure is told and tried again, later each time, at most after the limit', async () => {
    const errors: unknown[] = [];
    const backoff = { baseMs: 100, maxMs: 350 };
    const queue = queueOf({ backoff, onError: (...error) => errors.push(error) });
    clock.chance = 1 - Number.EPSILON;
    run(queue);
    queue.add('a');
    for (let n = 0; n < 4; n++) {
      await end('a', new Error('no'));
      clock.advance(400);
    }
    expect(keys()).toEqual(['a', 'a', 'a', 'a', 'a']);
    expect(errors.map((error) => Math.round((error as number[])[2] ?? 0))).toEqual([100, 200, 350, 350]);
    expect(queue.failures('a')).toBe(4);
    await end('a');
    expect(queue.failures('a')).toBe(0);
  });

  test('something new ends the wait after a failure', async () => {
    const queue = queueOf({ backoff: { baseMs: 60_000, maxMs: 60_000 } });
    run(queue);
    queue.add('a');
    await end('a', new Error('no'));
    queue.add('a');
    expect(keys()).toEqual(['a', 'a']);
  });

  test('a later turn comes at its time, or with an earlier one', async () => {
    const queue = queueOf();
    run(queue);
    queue.addAfter('a', 500);
    queue.addAfter('a', 900);
    clock.advance(499);
    expect(keys()).toEqual([]);
    clock.advance(1);
    expect(times()).toEqual([500]);
    await end('a');
    clock.advance(1_000);
    expect(keys()).toEqual(['a']);
  });

  test('the first of a burst is done at once, the rest when it is quiet', async () => {
    const queue = queueOf({ debounce: { quietMs: 20, maxMs: 100 } });
    run(queue);
    queue.add('a');
    expect(times()).toEqual([0]);
    await end('a');
    for (let n = 0; n < 3; n++) {
      clock.advance(10);
      queue.add('a');
    }
    clock.advance(19);
    expect(times()).toEqual([0]);
    clock.advance(1);
    expect(times()).toEqual([0, 50]);
  });

  test('a burst without an end does not put the turn off for ever', async () => {
    const queue = queueOf({ debounce: { quietMs: 20, maxMs: 100 } });
    run(queue);
    queue.add('a');
    await end('a');
    for (let n = 0; n < 12; n++) {
      clock.advance(10);
      queue.add('a');
    }
    expect(times()).toEqual([0, 110]);
  });

  describe('with a pace', () => {
    const pace = { burst: 3, everyMs: 100 };

    /** Adds the key every 10 ms, and ends each turn at once. */
    async function addFor(queue: WorkQueue<string>, ms: number, isUrgent = false): Promise<void> {
      for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 10) {
        queue.add('a', { isUrgent });
        await end('a');
        clock.advance(10);
        await end('a');
      }
    }

    test('a burst of turns comes at once, then one as often as it says, and after a rest a burst again', async () => {
      const queue = queueOf({ pace });
      run(queue);
      await addFor(queue, 290);
      expect(times()).toEqual([0, 10, 20, 100, 200]);
      clock.advance(1_000);
      await end('a');
      started = [];
      await addFor(queue, 50);
      expect(times().map((ms) => ms - (times()[0] ?? 0))).toEqual([0, 10, 20]);
    });

    test('the last of what was added is never lost', async () => {
      const queue = queueOf({ pace });
      run(queue);
      await addFor(queue, 50);
      expect(times()).toEqual([0, 10, 20]);
      clock.advance(50);
      expect(times()).toEqual([0, 10, 20, 100]);
    });

    test('what is urgent does not wait, nor does what waited with it', async () => {
      const queue = queueOf({ pace, debounce: { quietMs: 10, maxMs: 200 } });
      run(queue);
      await addFor(queue, 50);
      const before = started.length;
      queue.add('a', { isUrgent: true });
      clock.advance(10);
      expect(started.length).toBe(before + 1);
      await end('a');
      clock.advance(1_000);
      expect(started.length).toBe(before + 1);
    });

    test('urgent turns delay the others by no more than a burst does', async () => {
      const queue = queueOf({ pace });
      run(queue);
      await addFor(queue, 500, true);
      expect(started.length).toBe(50);
      started = [];
      const nowMs = 500;
      await addFor(queue, 200);
      expect(times()[0]).toBeLessThanOrEqual(nowMs + pace.everyMs);
    });

    test('a turn that was asked for later neither waits nor counts', async () => {
      const queue = queueOf({ pace });
      run(queue);
      for (let n = 0; n < 10; n++) {
        queue.addAfter('a', 5);
        clock.advance(5);
        await end('a');
      }
      expect(started.length).toBe(10);
      await addFor(queue, 30);
      expect(started.length).toBe(13);
    });
  });

  test('beyond its bound new keys are refused and counted, known ones are not', () => {
    const queue = queueOf({ maxKeys: 2 });
    expect([queue.add('a'), queue.add('b'), queue.add('c'), queue.add('a')]).toEqual([true, true, false, true]);
    expect(queue.refused).toBe(1);
  });

  test('keys that were done make room', async () => {
    const queue = queueOf({ maxKeys: 1 });
    run(queue);
    queue.add('a');
    await end('a');
    expect(queue.add('b')).toBe(true);
  });

  test('its age is that of the turn that is due longest', async () => {
    const queue = queueOf();
    queue.addAfter('a', 100);
    clock.advance(50);
    expect(queue.ageMs).toBe(0);
    clock.advance(80);
    expect(queue.ageMs).toBe(30);
  });

  test('a stop waits for the turn under way and starts none after it', async () => {
    const queue = queueOf();
    run(queue);
    queue.add('a');
    queue.add('b');
    stop.abort();
    let ended = false;
    const stopped = running?.then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    await end('a');
    await stopped;
    expect(keys()).toEqual(['a']);
    expect(clock.waiting).toBe(0);
  });
});
