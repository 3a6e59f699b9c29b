import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '@evergate/contract/test/freePort';
import { eventually } from './eventually.ts';

const program = join(import.meta.dirname, '../../../gateway/src/main.ts');

/** A line of a gateway's log. */
export interface GatewayLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a gateway's status port says of what it serves, as far as tests look at it. */
export interface RevisionAnswer {
  readonly routes: { readonly epoch: number; readonly sequence: number; readonly source: string } | null;
  readonly stale: boolean;
  readonly staleBecause: readonly string[];
}

/** A gateway as a pod runs it: a process of its own, told by its environment alone. */
export class GatewayProcess {
  readonly lines: GatewayLine[] = [];
  readonly #child: ChildProcess;
  readonly #statusPort: number;
  readonly #started: number = performance.now();

  private constructor(child: ChildProcess, statusPort: number) {
    this.#child = child;
    this.#statusPort = statusPort;
    if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => this.#keep(line));
  }

  static async start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const [statusPort, adminPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, ['--conditions=source', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...env,
        EVERGATE_HOST: '127.0.0.1',
        EVERGATE_STATUS_PORT: String(statusPort),
        EVERGATE_ADMIN_PORT: String(adminPort),
        EVERGATE_PROPAGATION_DELAY: '0s',
        EVERGATE_DRAIN_TIMEOUT: '1s',
      },
    });
    return new GatewayProcess(child, statusPort);
  }

  /** Resolves with how long after its start it said so, in milliseconds. */
  async ready(): Promise<number> {
    await eventually('the gateway is ready', async () => (await this.readiness()) === 200);
    return performance.now() - this.#started;
  }

  /** What the kubelet is answered; undefined where nobody listens. */
  async readiness(): Promise<number | undefined> {
    return (await this.#get('/health/ready'))?.status;
  }

  async revision(): Promise<RevisionAnswer | undefined> {
    const answer = await this.#get('/revision');
    return answer === undefined ? undefined : ((await answer.json()) as RevisionAnswer);
  }

  async metrics(): Promise<string> {
    return (await (await this.#get('/metrics'))?.text()) ?? '';
  }

  /** Resolves once it serves the routes of this sequence, or later ones, of this epoch. */
  async serves(sequence: number, epoch = 1): Promise<RevisionAnswer> {
    let answer: RevisionAnswer | undefined;
    await eventually(`epoch ${epoch}, sequence ${sequence} is served`, async () => {
      answer = await this.revision();
      const routes = answer?.routes;
      return routes?.epoch === epoch && routes.sequence >= sequence;
    });
    return answer as RevisionAnswer;
  }

  /** As the kubelet ends a container that is out of memory. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #get(path: string): Promise<Response | undefined> {
    try {
      return await fetch(`http://127.0.0.1:${this.#statusPort}${path}`);
    } catch {
      return undefined;
    }
  }

  #keep(line: string): void {
    const { time, msg, ...fields } = JSON.parse(line) as { readonly time: string; readonly msg: string };
    this.lines.push({ at: Date.parse(time), msg, fields });
  }
}
