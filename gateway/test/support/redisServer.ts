import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@evergate/contract/test/freePort';

const START_MS = 10_000;

/** A real Redis (or Sentinel) of this machine, in a process and a folder of its own, on loopback. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: string;
  readonly #config: readonly string[];
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(program: string, port: number, folder: string, config: readonly string[]) {
    this.port = port;
    this.#program = program;
    this.#config = config;
    this.#folder = folder;
  }

  /** `config` are lines of its configuration file, beside those that keep it on loopback and off the disk. */
  static async start(config: readonly string[] = []): Promise<RedisServer> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'evergate-redis-'))];
    const own = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, 'save ""', 'appendonly no', 'loglevel warning'];
    const server = new RedisServer('redis-server', port, folder, [...own, ...config]);
    await server.restart();
    return server;
  }

  /** A Sentinel that watches `primary` and fails over as soon as it may. */
  static async startSentinel(primary: number, quorum: number, downAfterMs: number): Promise<RedisServer> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'evergate-sentinel-'))];
    const sentinel = new RedisServer('redis-sentinel', port, folder, [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor state 127.0.0.1 ${primary} ${quorum}`,
      `sentinel down-after-milliseconds state ${downAfterMs}`,
      'sentinel failover-timeout state 10000',
    ]);
    await sentinel.restart();
    return sentinel;
  }

  /** Starts it on its port again after it was killed. */
  async restart(): Promise<void> {
    const file = join(this.#folder, 'server.conf');
    await writeFile(file, `${this.#config.join('\n')}\n`);
    const child = spawn(this.#program, [file], { stdio: 'ignore' });
    this.#process = child;
    const failed = once(child, 'error').then(([error]) => {
      const remedy = `install it: make redis, or apt-get install redis-server redis-sentinel`;
      throw new Error(`${this.#program} could not be started; ${remedy}`, { cause: error });
    });
    await Promise.race([failed, this.#answering()]);
    failed.catch(() => undefined);
  }

  /** Sends a command, words without spaces, and returns the raw answer. */
  command(...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
      socket.once('error', reject);
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    });
  }

  /** Stands still with its connections open, until `resume`. */
  suspend(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answering(): Promise<void> {
    const endsAt = performance.now() + START_MS;
    for (;;) {
      const answer = await this.command('PING').catch(() => '');
      // With a password set it answers as well.
      if (answer.startsWith('+PONG') || answer.startsWith('-NOAUTH')) return;
      if (performance.now() > endsAt) throw new Error(`${this.#program} does not answer: ${answer}`);
      await pause(10);
    }
  }
}
