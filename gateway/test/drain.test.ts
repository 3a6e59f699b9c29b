import { describe, expect, test } from '@jest/globals';
import { Drain, type Drainable } from '../src/drain.ts';

/** Listeners whose connections end when their idle ones are asked to, or never. */
class Recorded implements Drainable {
  readonly steps: string[] = [];
  connections: number;
  readonly #endsWhenIdle: boolean;

  constructor(connections: number, endsWhenIdle: boolean) {
    this.connections = connections;
    this.#endsWhenIdle = endsWhenIdle;
  }

  announceClose(): void {
    this.steps.push('announceClose');
  }

  stopAccepting(): void {
    this.steps.push('stopAccepting');
  }

  closeIdle(): void {
    if (this.#endsWhenIdle) this.connections = 0;
  }

  destroy(): void {
    this.steps.push(`destroy ${this.connections}`);
  }
}

describe('a drain', () => {
  test('announces itself, accepts through the propagation delay, and ends when the last connection has', async () => {
    const target = new Recorded(3, true);
    const drain = new Drain(target, () => ({ propagationDelayMs: 30, drainTimeoutMs: 60_000 }));
    const begun = drain.begin();
    expect([drain.draining, drain.leaving, target.steps]).toEqual([true, false, ['announceClose']]);
    await begun;
    expect(target.steps).toEqual(['announceClose']);
    await drain.finish();
    expect(drain.leaving).toBe(true);
    expect(target.steps).toEqual(['announceClose', 'stopAccepting', 'destroy 0']);
  });

  test('ends what is left after the drain timeout', async () => {
    const target = new Recorded(2, false);
    await new Drain(target, () => ({ propagationDelayMs: 0, drainTimeoutMs: 60 })).finish();
    expect(target.steps).toEqual(['announceClose', 'stopAccepting', 'destroy 2']);
  });

  test('that the hook and the signal both ask for happens once', async () => {
    const target = new Recorded(1, true);
    const drain = new Drain(target, () => ({ propagationDelayMs: 10, drainTimeoutMs: 1_000 }));
    await Promise.all([drain.begin(), drain.finish(), drain.finish()]);
    expect(target.steps).toEqual(['announceClose', 'stopAccepting', 'destroy 0']);
  });
});
