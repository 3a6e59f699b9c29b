import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Breaker, type BreakerSettings, type BreakerState, notPermitted } from '../../src/upstream/breaker.ts';

/*
 * What Resilience4j documents of its count-based circuit breaker, as scripts. A script is a list of steps:
 * `ok`, `fail`, `slow`, `slowfail`  one call from start to end (slow ones take 200 ms), which must be permitted
 * `refused`                         a call that is not permitted
 * `begin N`                         N calls begin, and stay under way
 * `end ok|fail|slow`                the call that has been under way longest comes back
 * `leave`                           that call's client went away: it says nothing
 * `wait N`                          N ms pass
 * `Closed`, `Open`, `HalfOpen`      the state must be so now
 */

const settings: BreakerSettings = {
  slidingWindowSize: 10,
  minimumCalls: 5,
  failureRatePercent: 50,
  slowCallRatePercent: 100,
  openMs: 1_000,
  halfOpenCalls: 3,
  codes: [500, 503],
};
const slow = { slowCallMs: 100, slowCallRatePercent: 60 };
const fails = (count: number): string[] => new Array<string>(count).fill('fail');
const oks = (count: number): string[] => new Array<string>(count).fill('ok');
const tripped = [...fails(5), 'Open'];
const probing = [...tripped, 'wait 1000'];

interface Script {
  readonly name: string;
  readonly steps: readonly string[];
  readonly settings?: Partial<BreakerSettings>;
}

const scripts: readonly Script[] = [
  { name: 'it starts closed', steps: ['Closed'] },
  { name: 'below the minimum of calls nothing is decided, even if all fail', steps: [...fails(4), 'Closed'] },
  { name: 'with the minimum of calls it opens', steps: [...fails(4), 'Closed', 'fail', 'Open'] },
  {
    name: 'a success that completes the minimum opens it as well, where the rate is reached',
    steps: [...fails(4), 'Closed', 'ok', 'Open'],
  },
  {
    name: 'the rate itself opens it, not only what is above',
    steps: [...oks(3), ...fails(2), 'Closed', 'fail', 'Open'],
  },
  { name: 'below the rate it stays closed', steps: [...oks(6), ...fails(4), 'Closed'] },
  {
    name: 'calls beyond the window are forgotten: 4 failures, 10 good calls, 4 failures again',
    steps: [...oks(5), ...fails(4), 'Closed', ...oks(10), ...fails(4), 'Closed'],
  },
  {
    name: 'the window moves on by one call: the fifth failure among the latest ten opens it',
    steps: [...oks(10), ...fails(4), 'Closed', 'fail', 'Open'],
  },
  {
    name: 'a minimum larger than the window is that of the window',
    settings: { minimumCalls: 50 },
    steps: [...fails(9), 'Closed', 'fail', 'Open'],
  },
  {
    name: 'a threshold of 100 needs every call to fail',
    settings: { failureRatePercent: 100 },
    steps: ['ok', ...fails(9), 'Closed', 'fail', 'Open'],
  },
  {
    name: 'open, it refuses all calls until openDuration is over',
    steps: [...tripped, 'refused', 'wait 999', 'refused', 'Open'],
  },
  {
    name: 'it is the next call that makes it half-open, not the time alone',
    steps: [...tripped, 'wait 5000', 'Open', 'begin 1', 'HalfOpen'],
  },
  {
    name: 'half-open, exactly so many calls are permitted',
    steps: [...probing, 'begin 3', 'HalfOpen', 'refused', 'refused'],
  },
  {
    name: 'nothing is decided before all of them are back',
    steps: [...probing, 'begin 3', 'end fail', 'end fail', 'HalfOpen', 'refused'],
  },
  { name: 'good probes close it', steps: [...probing, 'begin 3', 'end ok', 'end ok', 'end ok', 'Closed'] },
  {
    name: 'a rate below the threshold closes it',
    steps: [...probing, 'begin 3', 'end fail', 'end ok', 'end ok', 'Closed'],
  },
  {
    name: 'a rate that reaches the threshold opens it again',
    steps: [...probing, 'begin 3', 'end ok', 'end fail', 'end fail', 'Open', 'refused'],
  },
  {
    name: 'opened again, it stays so for openDuration from then on',
    steps: [...probing, ...fails(3), 'Open', 'wait 999', 'refused', 'wait 1', 'begin 1', 'HalfOpen'],
  },
  {
    name: 'closed again, it has forgotten the failures from before',
    steps: [...probing, ...oks(3), 'Closed', ...fails(4), 'Closed', 'fail', 'Open'],
  },
  {
    name: 'probes one after the other count as well',
    steps: [...probing, 'ok', 'HalfOpen', 'ok', 'HalfOpen', 'ok', 'Closed'],
  },
  {
    name: 'a call that began while it was closed is no probe',
    steps: [
      'begin 1',
      ...fails(5),
      'Open',
      'wait 1000',
      'begin 3',
      'end fail',
      'HalfOpen',
      'end ok',
      'end ok',
      'end ok',
      'Closed',
    ],
  },
  {
    name: 'a call that comes back while it is open changes nothing',
    steps: ['begin 2', ...fails(5), 'Open', 'end ok', 'end fail', 'Open', 'refused'],
  },
  {
    name: 'a probe that says nothing gives its place to another',
    steps: [...probing, 'begin 3', 'refused', 'leave', 'begin 1', 'refused', 'end ok', 'end ok', 'end ok', 'Closed'],
  },
  {
    name: 'a call that says nothing does not count while it is closed',
    steps: [...fails(4), 'begin 1', 'leave', 'Closed', 'fail', 'Open'],
  },
  {
    name: 'probes that never come back open it again, after a minute',
    steps: [...probing, 'begin 3', 'wait 59999', 'refused', 'HalfOpen', 'wait 1', 'refused', 'Open'],
  },
  {
    name: 'slow calls do not matter unless they are asked about',
    steps: [...new Array<string>(10).fill('slow'), 'Closed'],
  },
  {
    name: 'slow calls open it at their own threshold',
    settings: slow,
    steps: [...oks(2), 'slow', 'slow', 'Closed', 'slow', 'Open'],
  },
  {
    name: 'a slow failure counts as both',
    settings: { ...slow, failureRatePercent: 100 },
    steps: [...oks(2), 'slowfail', 'slowfail', 'Closed', 'slowfail', 'Open'],
  },
  { name: 'slow probes open it again', settings: slow, steps: [...probing, 'slow', 'slow', 'HalfOpen', 'ok', 'Open'] },
  {
    name: 'a window of one call decides on that call',
    settings: { slidingWindowSize: 1, minimumCalls: 1, halfOpenCalls: 1 },
    steps: ['ok', 'Closed', 'fail', 'Open', 'refused', 'wait 1000', 'fail', 'Open', 'wait 1000', 'ok', 'Closed'],
  },
];

class ScriptedBreaker {
  now = 0;
  readonly breaker: Breaker;
  readonly #underWay: { readonly permit: number; readonly begunAt: number }[] = [];

  constructor(changes: Partial<BreakerSettings> = {}) {
    this.breaker = new Breaker({ ...settings, ...changes }, 0);
  }

  run(step: string): void {
    const [word = '', argument = ''] = step.split(' ');
    if (word === 'wait') this.now += Number(argument);
    else if (word === 'begin') for (let count = Number(argument); count > 0; count--) this.#begin();
    else if (word === 'end') this.#end(argument);
    else if (word === 'leave') this.breaker.release(this.#oldest().permit);
    else if (word === 'refused') this.#expectRefused();
    else if (/^[A-Z]/.test(word)) expect(this.breaker.state).toBe(word);
    else this.#call(word);
  }

  #call(outcome: string): void {
    const permit = this.#acquire();
    const isSlow = outcome.startsWith('slow');
    this.breaker.record(permit, outcome.endsWith('fail'), isSlow ? 200 : 1, this.now);
  }

  #begin(): void {
    this.#underWay.push({ permit: this.#acquire(), begunAt: this.now });
  }

  #end(outcome: string): void {
    this.breaker.record(this.#oldest().permit, outcome === 'fail', outcome === 'slow' ? 200 : 1, this.now);
  }

  #oldest(): { readonly permit: number } {
    return this.#underWay.shift() as { readonly permit: number };
  }

  #acquire(): number {
    expect(this.breaker.refuses(this.now)).toBe(false);
    const permit = this.breaker.tryAcquire(this.now);
    expect(permit).not.toBe(notPermitted);
    return permit;
  }

  #expectRefused(): void {
    const stuck = this.breaker.state === 'HalfOpen' && this.now - this.breaker.since >= 60_000;
    expect(this.breaker.refuses(this.now)).toBe(!stuck);
    expect(this.breaker.tryAcquire(this.now)).toBe(notPermitted);
  }
}

describe('a circuit breaker', () => {
  test.each(scripts)('$name', ({ steps, settings: changes }) => {
    const scripted = new ScriptedBreaker(changes);
    steps.forEach((step, index) => {
      try {
        scripted.run(step);
      } catch (error) {
        throw new Error(`step ${index}, ${step}`, { cause: error });
      }
    });
  });

  test('agrees with a naive count of the latest calls, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (outcomes, size) => {
        const breaker = new Breaker({ ...settings, slidingWindowSize: size, minimumCalls: 4 }, 0);
        const seen: boolean[] = [];
        for (const failed of outcomes) {
          breaker.record(breaker.tryAcquire(0), failed, 0, 0);
          seen.push(failed);
          const latest = seen.slice(-size);
          const rate = (latest.filter(Boolean).length * 100) / latest.length;
          const opens = latest.length >= Math.min(4, size) && rate >= 50;
          expect(breaker.state).toBe(opens ? 'Open' : 'Closed');
          if (opens) return;
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('tells of every change of its state', () => {
    const states: BreakerState[] = [];
    const breaker = new Breaker({ ...settings, halfOpenCalls: 1 }, 0, (state) => states.push(state));
    for (let call = 0; call < 5; call++) breaker.record(breaker.tryAcquire(0), true, 1, 0);
    breaker.record(breaker.tryAcquire(1_000), false, 1, 1_000);
    expect(states).toEqual(['Open', 'HalfOpen', 'Closed']);
    expect(breaker.retryAfterSeconds(1_000)).toBe(1);
  });

  test('takes over other settings without forgetting its state', () => {
    const breaker = new Breaker(settings, 0);
    for (let call = 0; call < 5; call++) breaker.record(breaker.tryAcquire(0), true, 1, 0);
    breaker.configure({ ...settings, openMs: 5_000, slidingWindowSize: 20 });
    expect(breaker.state).toBe('Open');
    expect(breaker.refuses(4_999)).toBe(true);
    expect(breaker.retryAfterSeconds(2_000)).toBe(3);
    expect(breaker.refuses(5_000)).toBe(false);
  });
});
