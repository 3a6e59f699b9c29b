import { describe, expect, test } from '@jest/globals';
import { Admission, type Waiter } from '../../src/upstream/admission.ts';

class Waiting implements Waiter {
  admitted = 0;

  onConnection(): void {
    this.admitted++;
  }
}

function limited(limits: { maxConnections?: number; maxPending?: number; maxInFlight?: number }): Admission {
  const admission = new Admission();
  admission.configure({ pendingTimeoutMs: 100, ...limits });
  return admission;
}

describe('the limits of a backend', () => {
  test('let everything through where there are none', () => {
    const admission = new Admission();
    for (let count = 0; count < 1_000; count++) {
      expect(admission.enter()).toBe(true);
      expect(admission.takeConnection(new Waiting())).toBe('Now');
    }
  });

  test('refuse requests beyond those in flight, until one leaves', () => {
    const admission = limited({ maxInFlight: 2 });
    expect([admission.enter(), admission.enter(), admission.enter()]).toEqual([true, true, false]);
    admission.leave();
    expect([admission.enter(), admission.enter()]).toEqual([true, false]);
  });

  test('let as many wait for a connection as there are places, first come, first served', () => {
    const admission = limited({ maxConnections: 1, maxPending: 2 });
    const [first, second, third] = [new Waiting(), new Waiting(), new Waiting()];
    expect(admission.takeConnection(new Waiting())).toBe('Now');
    expect(admission.takeConnection(first)).toBe('Waiting');
    expect(admission.takeConnection(second)).toBe('Waiting');
    expect(admission.takeConnection(third)).toBe('Refused');
    admission.releaseConnection();
    expect([first.admitted, second.admitted, admission.waiting]).toEqual([1, 0, 1]);
    admission.releaseConnection();
    expect([first.admitted, second.admitted, admission.waiting]).toEqual([1, 1, 0]);
  });

  test('forget who gave up', () => {
    const admission = limited({ maxConnections: 1, maxPending: 2 });
    const [first, second] = [new Waiting(), new Waiting()];
    admission.takeConnection(new Waiting());
    admission.takeConnection(first);
    admission.takeConnection(second);
    expect([admission.cancel(first), admission.cancel(first)]).toEqual([true, false]);
    admission.releaseConnection();
    expect([first.admitted, second.admitted]).toEqual([0, 1]);
  });

  test('that are raised let those who wait go on; lowered ones cut nobody off', () => {
    const admission = limited({ maxConnections: 1, maxPending: 2 });
    const first = new Waiting();
    admission.takeConnection(new Waiting());
    admission.takeConnection(first);
    admission.configure({ pendingTimeoutMs: 100, maxConnections: 2, maxPending: 2 });
    expect(first.admitted).toBe(1);
    admission.configure({ pendingTimeoutMs: 100, maxConnections: 1, maxPending: 1 });
    const second = new Waiting();
    expect(admission.takeConnection(second)).toBe('Waiting');
    admission.releaseConnection();
    expect(second.admitted).toBe(0);
    admission.releaseConnection();
    expect(second.admitted).toBe(1);
  });
});
