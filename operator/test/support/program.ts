import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/**
 * Runs a program, tells its process id, and ends it by the signal that a line on its input names, or by KILL when that input closes: so it
 * never outlives the tests, however they end.
 */
const guard = `
  exec 4<&0
  "$@" < /dev/null 3>&- 4<&- &
  child=$!
  echo "$child" >&3
  exec 3>&-
  { read -r signal <&4; kill -"\${signal:-KILL}" "$child"; } 2> /dev/null &
  wait "$child"
`;

/** A program in the background, whose output goes into a file. */
export class Program {
  readonly pid: number;
  readonly #guard: ChildProcess;
  readonly #logFile: string;
  readonly #ended: Promise<unknown>;

  private constructor(pid: number, guardProcess: ChildProcess, logFile: string) {
    this.pid = pid;
    this.#guard = guardProcess;
    this.#logFile = logFile;
    this.#ended = once(guardProcess, 'exit');
  }

  static async start(path: string, args: readonly string[], logFile: string): Promise<Program> {
    const log = openSync(logFile, 'a');
    const child = spawn('sh', ['-c', guard, 'guard', path, ...args], { stdio: ['pipe', log, log, 'pipe'] });
    closeSync(log);
    const [line] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer];
    return new Program(Number(line.toString()), child, logFile);
  }

  get isAlive(): boolean {
    return this.#guard.exitCode === null && this.#guard.signalCode === null;
  }

  /** The end of what it wrote. */
  get lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  }

  /** Freezes it: its connections stay open and nothing comes. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Resolves when it has ended. */
  async end(signal: 'TERM' | 'KILL'): Promise<void> {
    if (!this.isAlive) return;
    (this.#guard.stdin as Writable).end(`${signal}\n`);
    await this.#ended;
  }
}
