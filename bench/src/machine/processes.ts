import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const STOP_TIMEOUT_MS = 3_000;
const LOG_TAIL_BYTES = 2_000;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that was started and pinned to one core. */
export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  /** Aborts when the process has ended, with the end of its log as the reason's message. */
  readonly ended: AbortSignal;
}

/**
 * The command that runs another on one core. The kernel ends it when this program dies in whatever way, so that nothing is left
 * behind. Both tools replace themselves, so the process's id is the command's own.
 */
export function pinned(command: Command, core: number): Command {
  const args = ['--pdeathsig', 'KILL', 'taskset', '-c', `${core}`, command.file, ...command.args];
  return { ...command, file: 'setpriv', args };
}

/** Every process of a run: started here, ended by `close`. */
export class Processes {
  readonly #directory: string;
  readonly #children = new Set<ChildProcess>();

  /** Logs go to `directory`, one file a process. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Rejects where the program cannot be started at all. */
  async start(name: string, command: Command, core: number): Promise<StartedProcess> {
    const log = join(this.#directory, `${name}.log`);
    const output = openSync(log, 'a');
    const { file, args, env } = pinned(command, core);
    const child = spawn(file, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
    closeSync(output);
    const ended = new AbortController();
    child.once('exit', (code, signal) => {
      this.#children.delete(child);
      ended.abort(new Error(`${name} ended (${signal ?? `exit code ${code}`}): ${readTail(log)}`));
    });
    await once(child, 'spawn');
    this.#children.add(child);
    return { name, pid: child.pid as number, ended: ended.signal };
  }

  /** Asks every process to end, and ends those that have not after 3 s. */
  async close(): Promise<void> {
    await Promise.all([...this.#children].map(stop));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = new AbortController();
  const late = wait(STOP_TIMEOUT_MS, true, { signal: patience.signal }).catch(() => false);
  await Promise.race([exited, late]);
  patience.abort();
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await exited;
}

function readTail(log: string): string {
  return readFileSync(log, 'utf8').slice(-LOG_TAIL_BYTES).trim() || 'it wrote nothing';
}
