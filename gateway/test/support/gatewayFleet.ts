import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import { freePort } from '@evergate/contract/test/freePort';
import { endpointsOf, Publisher, settings as plainSettings } from '../reload/publisher.ts';

const program = join(import.meta.dirname, '../../src/main.ts');
const READY_MS = 60_000;

export interface FleetTable {
  readonly rules: readonly Rule[];
  /** Ports on loopback, by backend id. */
  readonly backends: Readonly<Record<string, number>>;
  readonly settings?: Partial<FleetSettings>;
  readonly secrets?: readonly SecretEntry[];
}

/** A gateway as a pod runs it, on documents of a folder of its own. */
export class FleetGateway {
  readonly port: number;
  readonly lines: string[] = [];
  readonly #statusPort: number;
  readonly #adminPort: number;
  readonly #child: ChildProcess;
  readonly #publisher: Publisher;

  private constructor(ports: readonly [number, number, number], child: ChildProcess, publisher: Publisher) {
    [this.port, this.#statusPort, this.#adminPort] = ports;
    this.#child = child;
    this.#publisher = publisher;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.lines.push(text));
  }

  static async start(table: FleetTable, gateways: number): Promise<FleetGateway> {
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const publisher = await Publisher.create();
    await publish(publisher, table, ports[0], gateways);
    const child = spawn(process.execPath, ['--conditions=source', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        EVERGATE_DOCUMENTS: publisher.root,
        EVERGATE_HOST: '127.0.0.1',
        EVERGATE_STATUS_PORT: String(ports[1]),
        EVERGATE_ADMIN_PORT: String(ports[2]),
        EVERGATE_DRAIN_TIMEOUT: '1s',
      },
    });
    return new FleetGateway(ports, child, publisher);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** User and system time of the process so far, in microseconds, as its `process.cpuUsage` says. */
  async cpuMicroseconds(): Promise<number> {
    return (await this.metric('process_cpu_seconds_total')) * 1_000_000;
  }

  async status(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#statusPort}${path}`, {
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, text: await response.text() };
  }

  async admin(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#adminPort}${path}`, { signal: AbortSignal.timeout(10_000) });
    return response.text();
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const { text } = await this.status('/metrics');
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  }

  /** Waits, with a bound, until what the gateway says of itself holds. */
  async until(what: string, holds: (gateway: FleetGateway) => Promise<boolean>): Promise<void> {
    const endsAt = performance.now() + READY_MS;
    while (!(await holds(this).catch(() => false))) {
      if (performance.now() > endsAt) throw new Error(`never came to be: ${what}\n${this.lines.join('')}`);
      await pause(10);
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#publisher[Symbol.asyncDispose]();
  }
}

/** Starts gateways of one fleet; resolves when each is ready and, where it has a Redis, has found it. Leaves none where one is not. */
export async function startFleet(table: FleetTable, gateways: number): Promise<readonly FleetGateway[]> {
  const all = await Promise.all(Array.from({ length: gateways }, () => FleetGateway.start(table, gateways)));
  try {
    for (const gateway of all) await gateway.until('the gateway is ready', isReady);
  } catch (error) {
    await Promise.all(all.map((gateway) => gateway[Symbol.asyncDispose]()));
    throw error;
  }
  return all;
}

async function isReady(gateway: FleetGateway): Promise<boolean> {
  const { status, text } = await gateway.status('/health/ready');
  const { redis } = JSON.parse(text) as { readonly redis?: { readonly status: string } };
  return status === 200 && (redis === undefined || redis.status === 'UP');
}

async function publish(publisher: Publisher, table: FleetTable, port: number, gateways: number): Promise<void> {
  const settings = { ...plainSettings, ...table.settings, listeners: [{ name: 'http', port, protocol: 'HTTP' }] };
  const listed = Object.entries(table.backends).map(([id, backendPort]): BackendEndpoints => {
    const endpoints = endpointsOf(id).endpoints.map((one) => ({ ...one, address: '127.0.0.1', port: backendPort }));
    return { id, endpoints };
  });
  const backends = Object.keys(table.backends).map((id) => ({
    id,
    loadBalancing: { policy: 'LeastRequests' },
    connectTimeoutMs: 2_000,
  }));
  await publisher.document('endpoints', [JSON.stringify({ backends: listed })], { gateways });
  await publisher.document('secrets', [JSON.stringify({ secrets: table.secrets ?? [] })], {});
  const needs = { endpoints: 1, secrets: 1 };
  await publisher.document('routes', [JSON.stringify({ rules: table.rules, backends })], { settings, needs });
}
