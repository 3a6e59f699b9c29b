import { describe, expect, test } from '@jest/globals';
import { EventLoopMonitor } from '../../src/observe/eventLoop.ts';

describe('the monitor of the event loop', () => {
  test('it keeps the longest time between two turns until it is taken', () => {
    const clock = { now: 0, cpu: 0 };
    const monitor = new EventLoopMonitor({ now: () => clock.now, cpuMs: () => clock.cpu });
    for (const [wallMs, cpuMs] of [
      [5, 1],
      [80, 12],
      [6, 5],
    ] as const) {
      clock.now += wallMs;
      clock.cpu += cpuMs;
      monitor.tick();
    }
    expect(monitor.takeLongest()).toEqual({ wallMs: 80, cpuMs: 12 });
    expect(monitor.takeLongest()).toEqual({ wallMs: 0, cpuMs: 0 });
    monitor.close();
  });

  test('a real block is never reported shorter than it was', async () => {
    const monitor = new EventLoopMonitor();
    const wallStart = performance.now();
    const cpuStart = process.threadCpuUsage();
    let cpuMs = 0;
    while (cpuMs < 30) {
      const used = process.threadCpuUsage(cpuStart);
      cpuMs = (used.user + used.system) / 1_000;
    }
    const wallMs = performance.now() - wallStart;
    monitor.tick();
    const longest = monitor.takeLongest();
    monitor.close();
    expect(longest.cpuMs).toBeGreaterThanOrEqual(30);
    expect(longest.wallMs).toBeGreaterThanOrEqual(wallMs);
  });
});
