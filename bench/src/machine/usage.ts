import { readFile } from 'node:fs/promises';
import { type CoreTicks, parseCoreTicks, parseProcessTicks, parseResidentBytes, tickMicros } from './procStat.ts';

/** What a process and its core had used at one moment. */
export interface Usage {
  readonly processTicks: number;
  readonly core: CoreTicks;
}

/** What happened between two readings. */
export interface UsageBetween {
  /** User and system time of the process, in microseconds. */
  readonly cpuMicros: number;
  /** 0 to 1: how much of the time the core had something to do. */
  readonly coreBusy: number;
  /** The process's part of the time in which the core ran processes: below 1 when others ran there too. */
  readonly processShare: number;
}

/** Reads the counts of a process and of the core it is pinned to. Throws where the process has ended. */
export async function readUsage(pid: number, core: number): Promise<Usage> {
  const [process, cores] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/stat', 'utf8')]);
  return { processTicks: parseProcessTicks(process), core: parseCoreTicks(cores, core) };
}

/** Resident memory of a process in bytes. */
export async function readResidentBytes(pid: number): Promise<number> {
  return parseResidentBytes(await readFile(`/proc/${pid}/status`, 'utf8'));
}

/** Both shares are 0 where no time went by. */
export function usageBetween(before: Usage, after: Usage): UsageBetween {
  const processTicks = after.processTicks - before.processTicks;
  const total = after.core.total - before.core.total;
  const processes = after.core.processes - before.core.processes;
  const idle = after.core.idle - before.core.idle;
  return {
    cpuMicros: processTicks * tickMicros,
    coreBusy: total === 0 ? 0 : 1 - idle / total,
    processShare: processes === 0 ? 0 : processTicks / processes,
  };
}
