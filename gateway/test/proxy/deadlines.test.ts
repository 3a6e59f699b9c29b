import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeadlineEntry, Deadlines } from '../../src/proxy/deadlines.ts';

const TICK_MS = 16;
const LATE_MS = 2 * TICK_MS;

class Entry implements DeadlineEntry {
  deadlineAt: number;
  nextEntry: DeadlineEntry | undefined;
  previousEntry: DeadlineEntry | undefined;
  slot = -1;
  readonly #onDeadline: () => void;

  constructor(deadlineAt: number, onDeadline: () => void = () => {}) {
    this.deadlineAt = deadlineAt;
    this.#onDeadline = onDeadline;
  }

  onDeadline(): void {
    this.#onDeadline();
  }
}

describe('Deadlines', () => {
  let now: number;
  let deadlines: Deadlines;
  beforeEach(() => {
    now = 1_000;
    deadlines = new Deadlines(() => now);
  });
  afterEach(() => deadlines.close());

  /** Lets time pass in ticks. */
  function pass(ms: number): void {
    for (const end = now + ms; now < end; ) {
      now = Math.min(now + TICK_MS, end);
      deadlines.tick();
    }
  }

  test.each([0, 1, 15, 16, 17, 100, 16_383, 16_384, 16_385, 100_000, 3_600_000])(
    'fires a deadline in %d ms never before, and two ticks late at most',
    (ms) => {
      let firedAt = 0;
      deadlines.arm(
        new Entry(now + ms, () => {
          firedAt = now;
        }),
      );
      const due = now + ms;
      pass(ms + LATE_MS);
      expect(firedAt).toBeGreaterThanOrEqual(due);
      expect(firedAt).toBeLessThanOrEqual(due + LATE_MS);
      expect(deadlines.size).toBe(0);
    },
  );

  test.each([1, 1_000, 60_000])('fires at once what was due %d ms before it was armed', (ms) => {
    let fired = 0;
    pass(100);
    deadlines.arm(new Entry(now - ms, () => fired++));
    pass(LATE_MS);
    expect(fired).toBe(1);
  });

  test('knows the time after standing still for long', () => {
    const first = new Entry(now + 10);
    deadlines.arm(first);
    deadlines.disarm(first);
    pass(LATE_MS);
    now += 3_600_000;
    expect(deadlines.after(100)).toBeGreaterThanOrEqual(now + 100);
  });

  test('lets entries be armed, disarmed and moved while others fire', () => {
    const fired: string[] = [];
    const victim = new Entry(now + 10, () => fired.push('victim'));
    const later = new Entry(now + 50, () => fired.push('later'));
    const first = new Entry(now + 10, () => {
      fired.push('first');
      deadlines.disarm(victim);
      deadlines.arm(later);
    });
    deadlines.arm(victim);
    deadlines.arm(first);
    pass(100);
    expect(fired.filter((name) => name !== 'victim')).toEqual(['first', 'later']);
    expect(deadlines.size).toBe(0);
  });

  test('behaves as a list that is searched at every tick', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const model = new Model();
        for (const step of steps) model.take(step);
        model.wheel.close();
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

type Step =
  | { readonly kind: 'arm'; readonly ms: number }
  | { readonly kind: 'disarm'; readonly which: number }
  | { readonly kind: 'extend'; readonly which: number; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly jump: boolean };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('arm' as const), ms: fc.integer({ min: -50, max: 40_000 }) }),
  fc.record({ kind: fc.constant('disarm' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('extend' as const), which: fc.nat(), ms: fc.nat(40_000) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }), jump: fc.boolean() }),
);

/** A wheel beside a plain set of what should be armed. */
class Model {
  #now = 1_000;
  readonly #armed = new Map<Entry, number>();
  readonly wheel: Deadlines = new Deadlines(() => this.#now);

  take(step: Step): void {
    switch (step.kind) {
      case 'arm':
        return this.#arm(step.ms);
      case 'disarm':
        return this.#disarm(this.#pick(step.which));
      case 'extend':
        return this.#extend(this.#pick(step.which), step.ms);
      case 'pass':
        return this.#pass(step.ms, step.jump);
    }
  }

  #pick(which: number): Entry | undefined {
    return [...this.#armed.keys()][which % Math.max(this.#armed.size, 1)];
  }

  #arm(ms: number): void {
    const entry = new Entry(this.#now + ms, () => {
      expect(this.#now).toBeGreaterThanOrEqual(entry.deadlineAt);
      expect(this.#armed.delete(entry)).toBe(true);
    });
    this.#armed.set(entry, this.#now);
    this.wheel.arm(entry);
  }

  #disarm(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.#armed.delete(entry);
    this.wheel.disarm(entry);
  }

  #extend(entry: Entry | undefined, ms: number): void {
    if (entry !== undefined) entry.deadlineAt += ms;
  }

  #pass(ms: number, jump: boolean): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now = jump ? end : Math.min(this.#now + TICK_MS, end);
      this.wheel.tick();
      expect(this.wheel.size).toBe(this.#armed.size);
      for (const [{ deadlineAt }, armedAt] of this.#armed)
        expect(this.#now - Math.max(deadlineAt, armedAt)).toBeLessThan(LATE_MS);
    }
  }
}
