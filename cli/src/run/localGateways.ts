import { Agent } from 'node:http';
import type { FleetSettings } from '@evergate/contract/routeTable';
import { systemTimers } from '@evergate/gateway/reload/timers';
import { followLog } from './gatewayLog.ts';
import { type GatewayProcess, gatewayStarter } from './gatewayProcess.ts';
import { type AwaitedTable, LiveWatch } from './liveWatch.ts';
import { ensureFree } from './ports.ts';
import type { Output } from './report.ts';
import { askRevision, type RevisionAnswer } from './revision.ts';
import { type ProcessEnd, Supervisor } from './supervisor.ts';

/** Ctrl-C ends within 2 s, whatever is under way. */
const STOP_GRACE_MS = 1_500;

export interface LocalGatewaysOptions {
  readonly replicas: number;
  /** An IP address. */
  readonly host: string;
  readonly statusPort: number;
  readonly adminPort: number;
  /** The folder of the documents. */
  readonly documents: string;
  onLive(table: AwaitedTable, afterMs: number): void;
  readonly output: Output;
}

/** The gateway processes of this machine: started, kept alive, asked what they serve, and ended. */
export class LocalGateways {
  readonly #options: LocalGatewaysOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #watch: LiveWatch;
  readonly #supervisor: Supervisor;

  constructor(options: LocalGatewaysOptions) {
    this.#options = options;
    const { replicas, host, statusPort } = options;
    this.#watch = new LiveWatch({
      gateways: replicas,
      ask: (number) => askRevision(reachable(host), statusPort + number - 1, this.#agent),
      onLive: options.onLive,
      onLate: (table, behind) => this.#sayLate(table, behind),
      timers: systemTimers,
    });
    const start = gatewayStarter(options);
    this.#supervisor = new Supervisor({
      count: replicas,
      start: (number) => this.#follow(number, start(number)),
      onStart: (number, { pid }) => this.#sayStarted(number, pid),
      onEnd: (number, end, restartMs) => this.#sayEnded(number, end, restartMs),
      timers: systemTimers,
    });
  }

  /** Throws an Error with one line for users where a port that is needed is not free. */
  async start(listeners: FleetSettings['listeners']): Promise<void> {
    const { replicas, host, statusPort, adminPort } = this.#options;
    const numbers = Array.from({ length: replicas }, (_, i) => i + 1);
    await ensureFree(host, [
      ...listeners.map(({ name, port }) => ({ port, purpose: `listener ${name}` })),
      ...numbers.map((number) => ({ port: statusPort + number - 1, purpose: `the status port of gateway ${number}` })),
    ]);
    const admin = numbers.map((number) => ({
      port: adminPort + number - 1,
      purpose: `the admin port of gateway ${number}`,
    }));
    await ensureFree('127.0.0.1', admin);
    this.#supervisor.start();
  }

  /** Tells through `onLive` when all gateways serve the table. */
  expect(table: AwaitedTable): void {
    this.#watch.expect(table);
  }

  async stop(): Promise<void> {
    this.#watch.close();
    await this.#supervisor.stop(STOP_GRACE_MS);
    this.#agent.destroy();
  }

  #follow(number: number, process: GatewayProcess): GatewayProcess {
    const { output } = this.#options;
    followLog(process.stdout, (line) => output.say(`gateway ${number}: ${line}`));
    followLog(process.stderr, (line) => output.warn(`gateway ${number}: ${line}`));
    return process;
  }

  #sayStarted(number: number, pid: number): void {
    const { host, statusPort, adminPort, output } = this.#options;
    const ports = `status ${url(reachable(host), statusPort + number - 1)}, admin ${url('127.0.0.1', adminPort + number - 1)}`;
    output.say(`gateway ${number} started, process ${pid}, ${ports}`);
  }

  #sayEnded(number: number, { code, signal }: ProcessEnd, restartMs: number): void {
    const how = signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
    const when = restartMs === 0 ? 'at once' : `in ${restartMs} ms`;
    this.#options.output.warn(`gateway ${number} ${how}, it starts again ${when}`);
  }

  #sayLate({ number }: AwaitedTable, behind: ReadonlyMap<number, RevisionAnswer | undefined>): void {
    const live = this.#options.replicas - behind.size;
    const reasons = [...behind].map(([gateway, answer]) => `gateway ${gateway} ${describeDelay(answer)}`);
    this.#options.output.warn(
      `table ${number} live in ${live} of ${this.#options.replicas} gateways only: ${reasons.join('; ')}`,
    );
  }
}

function describeDelay(answer: RevisionAnswer | undefined): string {
  if (answer === undefined) return 'does not answer';
  return answer.refused.length === 0 ? 'serves an older one' : `refuses it (${answer.refused.join('; ')})`;
}

/** An address that stands for all of them is reached as loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** `http://127.0.0.1:8080` */
export function url(host: string, port: number): string {
  const address = reachable(host);
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
