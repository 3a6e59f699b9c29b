import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { containerLimits, registerLimits } from '../../src/observe/limits.ts';

function files(contents: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => contents[path.replace('/sys/fs/cgroup/', '')] ?? '';
}

describe('the limits of a container', () => {
  test.each([
    ['of version 2', { 'cpu.max': '150000 100000\n', 'memory.max': '1073741824\n' }, 1.5, 1_073_741_824],
    ['of version 2 without any', { 'cpu.max': 'max 100000\n', 'memory.max': 'max\n' }, undefined, undefined],
    [
      'of version 1',
      {
        'cpu/cpu.cfs_quota_us': '50000\n',
        'cpu/cpu.cfs_period_us': '100000\n',
        'memory/memory.limit_in_bytes': '536870912\n',
      },
      0.5,
      536_870_912,
    ],
    [
      'of version 1 without any',
      {
        'cpu/cpu.cfs_quota_us': '-1\n',
        'cpu/cpu.cfs_period_us': '100000\n',
        'memory/memory.limit_in_bytes': '9223372036854771712\n',
      },
      undefined,
      undefined,
    ],
    ['of a system without control groups', {}, undefined, undefined],
  ])('%s are read', (_, contents, cpuCores, memoryBytes) => {
    expect(containerLimits(files(contents))).toEqual({ cpuCores, memoryBytes });
  });

  test('are told as metrics, and a limit that is not there has no sample', async () => {
    const registry = new Registry();
    registerLimits(registry, { cpuCores: 1.5, memoryBytes: undefined });
    const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(['evergate_cpu_limit_cores 1.5']);
  });
});
