import type { Summary } from '../../src/report/summary.ts';
import type { TargetName } from '../../src/targets/target.ts';

/** A summary whose figures other than CPU time are of no interest. */
export function summaryOf(target: TargetName, cpuMicros: number, rounds = 5): Summary {
  const figure = (median: number) => ({ median, minimum: median - 1 });
  return {
    target,
    rounds,
    requestsPerSecond: figure(20_000),
    p50Ms: figure(3),
    p99Ms: figure(8),
    cpuMicros: figure(cpuMicros),
    residentMiB: figure(70),
    cpuMicrosByPass: new Map(Array.from({ length: rounds }, (_, pass) => [pass, cpuMicros])),
  };
}
