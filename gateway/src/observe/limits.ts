import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

/** What the container may take; undefined where nothing limits it, or nothing says so. */
export interface ContainerLimits {
  readonly cpuCores: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** Reads the limits of this process's control group, version 2 or 1. They never change while a container runs. */
export function containerLimits(read: (path: string) => string = readOrNothing): ContainerLimits {
  return {
    cpuCores: cpuCores(read),
    memoryBytes:
      positive(read('/sys/fs/cgroup/memory.max')) ?? positive(read('/sys/fs/cgroup/memory/memory.limit_in_bytes')),
  };
}

/** `cpu.max` holds microseconds and a period, or `max` and a period. */
function cpuCores(read: (path: string) => string): number | undefined {
  const [quota = '', period = ''] = read('/sys/fs/cgroup/cpu.max').split(/\s+/);
  const quotaUs = positive(quota) ?? positive(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const periodUs = positive(period) ?? positive(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return quotaUs === undefined || periodUs === undefined ? undefined : quotaUs / periodUs;
}

/** Version 1 says "no limit" with a number beyond any memory, and with -1. */
function positive(text: string): number | undefined {
  const number = Number(text.trim());
  return text.trim() !== '' && number > 0 && number < Number.MAX_SAFE_INTEGER ? number : undefined;
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Tells the limits beside what the process uses, so that an alert on the share needs nothing but the gateway's own metrics. */
export function registerLimits(registry: Registry, { cpuCores, memoryBytes }: ContainerLimits): void {
  const registers = [registry];
  const cpu = new Gauge({
    name: 'evergate_cpu_limit_cores',
    help: 'Processors that the container may use; absent where it has no limit.',
    registers,
  });
  const memory = new Gauge({
    name: 'evergate_memory_limit_bytes',
    help: 'Memory that the container may use; absent where it has no limit.',
    registers,
  });
  for (const [gauge, value] of [[cpu, cpuCores] as const, [memory, memoryBytes] as const]) {
    gauge.remove();
    if (value !== undefined) gauge.set(value);
  }
}
