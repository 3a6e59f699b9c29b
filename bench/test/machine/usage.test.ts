import { describe, expect, test } from '@jest/globals';
import { readResidentBytes, readUsage, usageBetween } from '../../src/machine/usage.ts';

const before = { processTicks: 100, core: { total: 1_000, idle: 400, processes: 500 } };

describe('usage between two readings', () => {
  test('is the time of the process, how busy the core was, and whose work that was', () => {
    const after = { processTicks: 280, core: { total: 1_200, idle: 410, processes: 685 } };
    const used = usageBetween(before, after);
    expect(used.cpuMicros).toBe(1_800_000);
    expect(used.coreBusy).toBeCloseTo(0.95);
    expect(used.processShare).toBeCloseTo(180 / 185);
  });

  test('is nothing where no time went by', () => {
    expect(usageBetween(before, before)).toEqual({ cpuMicros: 0, coreBusy: 0, processShare: 0 });
  });
});

describe('a reading', () => {
  test('finds a running process and its core', async () => {
    const usage = await readUsage(process.pid, 0);
    expect(usage.processTicks).toBeGreaterThan(0);
    expect(usage.core.total).toBeGreaterThan(usage.core.idle);
    expect(await readResidentBytes(process.pid)).toBeGreaterThan(1_048_576);
  });
});
