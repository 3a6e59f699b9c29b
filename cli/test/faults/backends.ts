import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Behaviour, Seen } from './faultyBackend.ts';

const program = fileURLToPath(new URL('./faultyBackend.ts', import.meta.url));

/** A backend in a process of its own, which can be told to fail, and killed. */
export class FaultyBackend {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async start(name: string, behaviour: Behaviour = {}): Promise<FaultyBackend> {
    const child = fork(program, [name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [port] = await once(child, 'message');
    child.send(behaviour);
    return new FaultyBackend(port, child);
  }

  behave(behaviour: Behaviour): void {
    this.#process.send(behaviour);
  }

  async seen(): Promise<Seen> {
    this.#process.send('seen');
    const [seen] = await once(this.#process, 'message');
    return seen;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    // A stopped process would not hear of anything else.
    this.#process.kill('SIGKILL');
    await ended;
  }
}
