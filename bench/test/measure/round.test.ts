import { describe, expect, test } from '@jest/globals';
import { judgeRound, type Round } from '../../src/measure/round.ts';

const good: Round = {
  requestsPerSecond: 20_000,
  p50Ms: 2,
  p99Ms: 8,
  cpuMicros: 50,
  residentBytes: 1_048_576,
  coreBusy: 0.99,
  processShare: 0.98,
  load: {
    requests: 160_000,
    requestsPerSecond: 20_000,
    p50Ms: 2,
    p99Ms: 8,
    errors: { connect: 0, read: 0, write: 0, timeout: 0, status: 0 },
  },
};

describe('a round', () => {
  test('counts where the target kept its core busy and no request failed', () => {
    expect(judgeRound(good)).toEqual({ state: 'counts' });
  });

  test('does not count on a core that had time to spare', () => {
    expect(judgeRound({ ...good, coreBusy: 0.94 })).toEqual({
      state: 'unsaturated',
      reason: 'the core was only 94.0 % busy',
    });
  });

  test('does not count where others ran on the core', () => {
    expect(judgeRound({ ...good, processShare: 0.8 })).toEqual({
      state: 'unsaturated',
      reason: 'the target had only 80.0 % of its core',
    });
  });

  test('fails by a single error, however busy the core was', () => {
    const errors = { ...good.load.errors, timeout: 1 };
    expect(judgeRound({ ...good, load: { ...good.load, errors } })).toEqual({
      state: 'failed',
      reason: 'errors: timeout 1',
    });
  });

  test('fails without one answer', () => {
    expect(judgeRound({ ...good, load: { ...good.load, requests: 0 } }).state).toBe('failed');
  });
});
