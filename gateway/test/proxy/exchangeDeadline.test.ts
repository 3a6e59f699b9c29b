import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Deadlines } from '../../src/proxy/deadlines.ts';
import { ExchangeDeadline } from '../../src/proxy/exchangeDeadline.ts';

const STARTED_AT = 5_000;

describe('the deadline of an exchange', () => {
  let now: number;
  let deadlines: Deadlines;
  let passed: [string, number][];
  beforeEach(() => {
    now = STARTED_AT;
    deadlines = new Deadlines(() => now);
    passed = [];
  });
  afterEach(() => deadlines.close());

  function begin(requestTimeoutMs: number, backendRequestTimeoutMs: number): ExchangeDeadline {
    const timeouts = { requestTimeoutMs, backendRequestTimeoutMs };
    const deadline = new ExchangeDeadline(deadlines, timeouts, now, {
      onDeadlinePassed: (what) => void passed.push([what, now - STARTED_AT]),
      onWake: () => void passed.push(['Wake', now - STARTED_AT]),
    });
    deadline.attemptStarted(now);
    return deadline;
  }

  function pass(ms: number): void {
    for (const end = now + ms; now < end; ) {
      now = Math.min(now + 16, end);
      deadlines.tick();
    }
  }

  /** Passed once, for that reason, not before the time and at most three ticks after. */
  function expectPassed(reason: string, ms: number): void {
    expect(passed.map(([what]) => what)).toEqual([reason]);
    const at = passed[0]?.[1] ?? 0;
    expect(at).toBeGreaterThanOrEqual(ms);
    expect(at).toBeLessThanOrEqual(ms + 48);
  }

  test.each([
    { name: 'of the route', request: 1_000, backend: 0, reason: 'RequestDeadline', ms: 1_000 },
    { name: 'of an attempt', request: 0, backend: 500, reason: 'BackendDeadline', ms: 500 },
    { name: 'of an attempt within the route’s', request: 1_000, backend: 500, reason: 'BackendDeadline', ms: 500 },
    { name: 'of the route within an attempt’s', request: 500, backend: 1_000, reason: 'RequestDeadline', ms: 500 },
    { name: 'by default', request: -1, backend: 0, reason: 'RequestDeadline', ms: 30_000 },
    { name: 'by default within an attempt’s', request: -1, backend: 40_000, reason: 'RequestDeadline', ms: 30_000 },
    { name: 'of an attempt within the default', request: -1, backend: 20_000, reason: 'BackendDeadline', ms: 20_000 },
  ])('$name is the nearest one', ({ request, backend, reason, ms }) => {
    begin(request, backend);
    pass(120_000);
    expectPassed(reason, ms);
    expect(deadlines.size).toBe(0);
  });

  test('of a route covers all its attempts, that of an attempt begins anew', () => {
    const deadline = begin(1_000, 400);
    pass(300);
    deadline.attemptStarted(now);
    pass(300);
    deadline.attemptStarted(now);
    pass(300);
    deadline.attemptStarted(now);
    pass(300);
    expectPassed('RequestDeadline', 1_000);
  });

  test('of a route or an attempt goes on behind the head, whatever comes', () => {
    const deadline = begin(1_000, 0);
    deadline.headReceived(false);
    for (let step = 0; step < 10; step++) {
      pass(150);
      deadline.progressed();
    }
    expectPassed('RequestDeadline', 1_000);
  });

  test('by default counts from the last byte: 30 s before the head, 60 s behind it', () => {
    const deadline = begin(-1, 0);
    pass(20_000);
    deadline.progressed();
    pass(20_000);
    deadline.headReceived(false);
    pass(50_000);
    deadline.progressed();
    pass(50_000);
    expect(passed).toEqual([]);
    pass(11_000);
    expectPassed('RequestDeadline', 150_000);
  });

  test.each([
    { request: 1_000, backend: 0 },
    { request: 0, backend: 1_000 },
    { request: 1_000, backend: 500 },
  ])('spares an event stream ($request ms, $backend ms)', ({ request, backend }) => {
    begin(request, backend).headReceived(true);
    pass(300_000);
    expect(passed).toEqual([]);
    expect(deadlines.size).toBe(0);
  });

  test.each([0, 1_000])('by default ends an event stream that is silent for 60 s (attempts: %d ms)', (backend) => {
    const deadline = begin(-1, backend);
    deadline.headReceived(true);
    pass(50_000);
    deadline.progressed();
    pass(59_000);
    expect(passed).toEqual([]);
    pass(2_000);
    expectPassed('RequestDeadline', 110_000);
  });

  test('does not come when there is none, or it is stopped', () => {
    begin(0, 0);
    expect(deadlines.size).toBe(0);
    begin(100, 0).stop();
    pass(120_000);
    expect(passed).toEqual([]);
  });

  test('counts from now after the gateway was idle for long', () => {
    begin(-1, 0).stop();
    pass(100);
    now += 3_600_000;
    const began = now;
    begin(-1, 0);
    pass(29_000);
    expect(passed).toEqual([]);
    pass(2_000);
    expect(now - began).toBe(31_000);
    expect(passed.map(([what]) => what)).toEqual(['RequestDeadline']);
  });
});
