import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isFree } from '@evergate/contract/test/freePort';

const launcher = fileURLToPath(new URL('../../bin/evergate.js', import.meta.url));

/** The command as a user starts it, with everything it prints. */
export class EvergateProcess {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #listeners = new Set<() => void>();

  /** `environment` is what it has beside that of the tests. */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, ...environment };
    this.child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.exited = once(this.child, 'exit').then(([code]) => code as number | null);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#add(line));
    }
  }

  /** The first line from `from` on that matches. Rejects with all lines where none comes in time. */
  async line(pattern: RegExp, from = 0, timeoutMs = 15_000): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = (): void => reject(new Error(`no line matches ${pattern} in:\n${this.lines.join('\n')}`));
      this.#listeners.add(resolve);
      signal.addEventListener('abort', late, { once: true });
      await promise.finally(() => signal.removeEventListener('abort', late));
    }
  }

  /** Process ids of the gateways, the latest of each number. */
  gatewayPids(): readonly number[] {
    const pids = new Map<string, number>();
    for (const line of this.lines) {
      const [, number, pid] = /^gateway (\d+) started, process (\d+)/.exec(line) ?? [];
      if (number !== undefined) pids.set(number, Number(pid));
    }
    return [...pids.values()];
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const wake of this.#listeners) wake();
    this.#listeners.clear();
  }
}

/** Three ports, each the first of three in a row that are free now. */
export async function portArguments(): Promise<{
  readonly port: number;
  readonly statusPort: number;
  readonly args: readonly string[];
}> {
  const [port = 0, status = 0, admin = 0] = [await freePorts(), await freePorts(), await freePorts()];
  return {
    port,
    statusPort: status,
    args: ['--port', String(port), '--status-port', String(status), '--admin-port', String(admin)],
  };
}

let nextPort = 20_000 + (process.pid % 1_000) * 10;

async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const first = nextPort;
    nextPort += 3;
    const free = await Promise.all([first, first + 1, first + 2].map(isFree));
    if (free.every((one) => one)) return first;
  }
  throw new Error('no free ports');
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Looks every 10 ms at what tells of no event. Rejects after 10 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
