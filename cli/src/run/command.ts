import { isIP } from 'node:net';
import { LocalRun, type RunOptions } from './localRun.ts';

/** What a user gives on the command line. */
export type RunArguments = Omit<RunOptions, 'output'>;

/** Serves the folders until the process is told to end, by a signal or by the end of whoever started it. */
export async function runCommand(given: RunArguments): Promise<void> {
  if (isIP(given.host) === 0)
    throw new Error(`--host ${given.host} is no IP address; give one of this machine, or 0.0.0.0`);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  // A second signal has no other meaning; the processes end within 2 s of the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // The launcher was killed.
  if (process.connected) process.once('disconnect', end);
  // A reader of the output went away (`| head`).
  process.stdout.on('error', end);
  process.stderr.on('error', end);
  const output = {
    say: (line: string): void => void process.stdout.write(`${line}\n`),
    warn: (line: string): void => void process.stderr.write(`${line}\n`),
  };
  try {
    await new LocalRun({ ...given, output }).serve(stop.signal);
  } finally {
    // An open channel keeps a process alive.
    process.disconnect?.();
  }
}
