import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/evergate.js', import.meta.url));
const backendProgram = fileURLToPath(new URL('./echoBackend.ts', import.meta.url));
const START_MS = 60_000;

/** What a gateway serves, as its status port says. */
export interface Revision {
  readonly epoch: number;
  readonly sequence: number;
  readonly revision: string;
}

/** `evergate run` on a folder of its own, as a user starts it. */
export class Evergate {
  readonly folder: string;
  readonly port: number;
  readonly #statusPort: number;
  readonly #process: ChildProcess;
  readonly #printed: string[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(folder: string, port: number, statusPort: number, process: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#statusPort = statusPort;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed.push(text);
        for (const look of this.#waiting) look();
      });
    }
  }

  /** Starts three gateways on what `write` puts into the folder; resolves when all serve it. */
  static async start(write: (folder: string) => Promise<void>): Promise<Evergate> {
    const folder = await mkdtemp(join(tmpdir(), 'evergate-load-'));
    await write(folder);
    const port = await freePorts(1);
    const statusPort = await freePorts(3);
    const adminPort = await freePorts(3);
    const ports = ['--port', port, '--status-port', statusPort, '--admin-port', adminPort].map(String);
    const child = spawn(process.execPath, [launcher, 'run', folder, ...ports, '--timings'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const evergate = new Evergate(folder, port, statusPort, child);
    await evergate.printed(/live in 3 of 3 gateways/);
    return evergate;
  }

  /** Resolves with the match once it was printed. */
  printed(pattern: RegExp): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const look = (): void => {
      const match = this.output.match(pattern);
      if (match !== null) resolve(match);
    };
    const timer = setTimeout(
      () => reject(new Error(`${pattern} was not printed:\n${this.output.slice(-4_000)}`)),
      START_MS,
    );
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  get output(): string {
    return this.#printed.join('');
  }

  /** Process ids of the gateways, as last printed for each. */
  get pids(): number[] {
    const pids = new Map<string, number>();
    for (const [, number = '', pid] of this.output.matchAll(/gateway (\d) started, process (\d+)/g))
      pids.set(number, Number(pid));
    return [...pids.values()];
  }

  /** What gateway `number` (from 0) says on its status port at `path`. */
  async status(number: number, path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#statusPort + number}${path}`, {
      signal: AbortSignal.timeout(10_000),
    });
    return response.text();
  }

  /** The routes document that gateway `number` serves. */
  async routes(number: number): Promise<Revision> {
    return (JSON.parse(await this.status(number, '/revision')) as { routes: Revision }).routes;
  }

  /** Ends it as Ctrl-C does; resolves with how many milliseconds it took. */
  async stop(): Promise<number> {
    const startedAt = performance.now();
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGINT');
    if (this.#process.exitCode === null) await ended;
    const tookMs = performance.now() - startedAt;
    await rm(this.folder, { recursive: true, force: true });
    return tookMs;
  }
}

/** An echo backend in a process of its own. */
export class EchoBackend {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async start(name: string): Promise<EchoBackend> {
    const port = await freePorts(1);
    const child = fork(backendProgram, [name, String(port)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return new EchoBackend(port, child);
  }

  /** How often each POST came, by its id. */
  async posted(): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/posted`);
    return (await response.json()) as Record<string, number>;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}

/** The first of `count` neighbouring ports that are free now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} neighbouring ports are free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
