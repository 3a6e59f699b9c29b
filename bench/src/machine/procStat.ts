/* What the kernel counts, read from the text of its files (proc(5)). Times are clock ticks, 1/100 s on every Linux we run on. */

/** Microseconds in one tick of `/proc` (USER_HZ is 100). */
export const tickMicros = 10_000;

/** What one core did since boot, in ticks. */
export interface CoreTicks {
  /** All time, idle and stolen included. */
  readonly total: number;
  /** Nothing to run: idle and waiting for a disk. */
  readonly idle: number;
  /** Running a process: user, nice and system, without interrupts. */
  readonly processes: number;
}

/**
 * User and system time of a process, all its threads included, from the text of `/proc/<pid>/stat`.
 * Throws where the text is no such file's.
 */
export function parseProcessTicks(text: string): number {
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return readCount(fields[11], text) + readCount(fields[12], text);
}

/** One core's line of `/proc/stat`. Throws where the core does not stand there. */
export function parseCoreTicks(text: string, core: number): CoreTicks {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`/proc/stat names no core ${core}`);
  const fields = line.split(/\s+/).slice(1, 9);
  const [user, nice, system, idle, iowait, irq, softirq, stolen] = fields.map((field) => readCount(field, line));
  const processes = sum(user, nice, system);
  const waiting = sum(idle, iowait);
  return { total: processes + waiting + sum(irq, softirq, stolen), idle: waiting, processes };
}

/** Resident memory in bytes, from the text of `/proc/<pid>/status`. Throws where it is not given. */
export function parseResidentBytes(text: string): number {
  const kibibytes = /^VmRSS:\s+([0-9]+) kB$/m.exec(text)?.[1];
  return readCount(kibibytes, text) * 1024;
}

function readCount(field: string | undefined, text: string): number {
  if (field === undefined || !/^[0-9]+$/.test(field)) {
    throw new Error(`expected a count, found ${field ?? 'nothing'} in: ${text.slice(0, 200)}`);
  }
  return Number(field);
}

/** Fields that an old kernel does not write count as none. */
function sum(...fields: readonly (number | undefined)[]): number {
  return fields.reduce<number>((total, field) => total + (field ?? 0), 0);
}
