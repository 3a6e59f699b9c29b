import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@evergate/contract/test/freePort';
import { type Access, kubeconfig } from './apiServer.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** As the kernel counts processor time. */
const TICKS_PER_SECOND = 100;

/** An operator as a process of its own, from its sources, as its environment tells it. */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #port: number;
  #output = '';

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#port = port;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-20_000);
      });
    }
  }

  static async start(
    access: Access,
    namespace: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<OperatorProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'evergate-operator-'));
    const file = join(folder, 'kubeconfig');
    await writeFile(file, await kubeconfig(access), { mode: 0o600 });
    const port = await freePort();
    const own = {
      KUBECONFIG: file,
      EVERGATE_OPERATOR_NAMESPACE: namespace,
      EVERGATE_OPERATOR_IDENTITY: 'process',
      EVERGATE_OPERATOR_GATEWAY_IMAGE: 'evergate/gateway:test',
      EVERGATE_OPERATOR_PORT: String(port),
      EVERGATE_OPERATOR_LOG_LEVEL: 'info',
    };
    const options = {
      env: { ...process.env, ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[],
    };
    return new OperatorProcess(spawn(process.execPath, ['--conditions=source', main], options), folder, port);
  }

  /** The end of what it wrote. */
  get lastWords(): string {
    return this.#output;
  }

  /** The sum of the series of a metric that have these words in their labels; 0 while it does not answer. */
  async metric(name: string, ...words: readonly string[]): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/metrics`).catch(() => undefined);
    const lines = ((await answer?.text()) ?? '').split('\n');
    const series = lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    const fitting = series.filter((line) => words.every((word) => line.includes(word)));
    return fitting.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Seconds of processor time that it took so far, whatever else the machine did meanwhile. */
  async processorSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** The most memory it held at once, in MiB. */
  async peakMebibytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  /** As the kubelet ends it. Resolves with its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}
