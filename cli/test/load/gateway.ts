import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackendSettings, FleetSettings, Rule } from '@evergate/contract/routeTable';
import { sampleSettings } from '@evergate/contract/test/sampleSettings';
import { type FleetContent, type Published, publication } from '@evergate/operator/deliver/publication';
import { gatewayMallocOptions, gatewayNodeOptions } from '../../src/run/gatewayProcess.ts';
import { freePorts } from './evergate.ts';

const workspace = fileURLToPath(new URL('../../../gateway', import.meta.url));
const identity = { fleetUID: 'test', fleet: { namespace: 'test', name: 'test' }, epoch: 1 };

/** The program as images ship it. The compiler that a process running from sources carries along takes some 40 MB by itself. */
function emittedProgram(): string {
  const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
  execFileSync(process.execPath, [compiler, '-b', workspace], { stdio: 'inherit', timeout: 120_000 });
  return join(workspace, 'dist/src/main.js');
}

/** One gateway in a process of its own, on documents that the test writes. */
export class GatewayUnderTest {
  readonly port: number;
  readonly #statusPort: number;
  readonly #documents: string;
  readonly #process: ChildProcess;
  #published: Published | undefined;

  private constructor(port: number, statusPort: number, documents: string, process: ChildProcess) {
    this.port = port;
    this.#statusPort = statusPort;
    this.#documents = documents;
    this.#process = process;
  }

  static async start(): Promise<GatewayUnderTest> {
    const documents = await mkdtemp(join(tmpdir(), 'evergate-gateway-'));
    const [port, statusPort, adminPort] = [await freePorts(1), await freePorts(1), await freePorts(1)];
    const child = spawn(process.execPath, [...gatewayNodeOptions, emittedProgram()], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        ...gatewayMallocOptions,
        EVERGATE_DOCUMENTS: documents,
        EVERGATE_HOST: '127.0.0.1',
        EVERGATE_STATUS_PORT: String(statusPort),
        EVERGATE_ADMIN_PORT: String(adminPort),
        EVERGATE_PROPAGATION_DELAY: '0s',
        EVERGATE_DRAIN_TIMEOUT: '1s',
      },
    });
    return new GatewayUnderTest(port, statusPort, documents, child);
  }

  /** Publishes a table as the cli does, part by part, index last; resolves with when the last byte was there. */
  async publish(rules: readonly Rule[], backends: readonly BackendOfTest[]): Promise<number> {
    const next = publication(contentOf(this.port, rules, backends), this.#published, identity);
    this.#published = next.state;
    for (const { key, text } of next.writes) {
      await writeFile(join(this.#documents, `.${key}`), text);
      await rename(join(this.#documents, `.${key}`), join(this.#documents, key));
    }
    return performance.now();
  }

  /** Resolves once the published table is served. */
  async serving(): Promise<void> {
    const deadline = performance.now() + 60_000;
    const wanted = [this.#published?.routes.sequence, this.#published?.endpoints.sequence];
    for (;;) {
      const served = await this.status('/revision').then(servedSequences, () => []);
      if (wanted.every((sequence, i) => served[i] === sequence)) return;
      if (performance.now() > deadline) throw new Error(`the gateway serves ${served} instead of ${wanted} after 60 s`);
    }
  }

  async status(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#statusPort}${path}`);
    return response.text();
  }

  /** The value of a metric without labels; what is the longest since the last scrape starts anew with it. */
  async metric(name: string): Promise<number> {
    const line = (await this.status('/metrics')).split('\n').find((text) => text.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  /** The sum of a metric over all its labels. */
  async total(name: string): Promise<number> {
    const lines = (await this.status('/metrics')).split('\n').filter((text) => text.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Resident memory in bytes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** What its main thread has computed so far, in milliseconds; what it waited for a processor is not in it. */
  get computedMs(): number {
    const [nanoseconds] = readFileSync(`/proc/${this.#process.pid}/schedstat`, 'latin1').split(' ');
    return Number(nanoseconds) / 1_000_000;
  }

  /** Ends the process by a signal, unless it has ended already; resolves when it has. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.#documents, { recursive: true, force: true });
  }
}

/** Of routes and endpoints. */
function servedSequences(revision: string): readonly (number | undefined)[] {
  const { routes, endpoints } = JSON.parse(revision) as Record<string, { readonly sequence: number } | null>;
  return [routes?.sequence, endpoints?.sequence];
}

/** A backend and the loopback ports it has. */
export interface BackendOfTest {
  readonly id: string;
  /** One, or one of each endpoint. */
  readonly port: number | readonly number[];
  readonly settings?: Partial<BackendSettings>;
}

/** A rule for a path prefix of `big.example.com`. */
export function ruleOf(number: number, path: string, backend: string, fields: Partial<Rule> = {}): Rule {
  return {
    id: `test/r${number}/0`,
    route: { namespace: 'test', name: `r${number}`, uid: `uid-${number}`, generation: 1, createdAt: 0 },
    name: '0',
    position: 0,
    listeners: ['http'],
    hostnames: ['big.example.com'],
    matches: [{ path: { type: 'PathPrefix', value: path }, headers: [], queryParams: [] }],
    filters: [],
    backends: [{ backend, weight: 1 }],
    timeouts: {},
    limits: {},
    ...fields,
  };
}

function contentOf(port: number, rules: readonly Rule[], backends: readonly BackendOfTest[]): FleetContent {
  return {
    settings: settingsOf(port),
    rules,
    backends: backends.map(({ id, settings }) => ({
      id,
      loadBalancing: { policy: 'LeastRequests' },
      connectTimeoutMs: 5_000,
      ...settings,
    })),
    endpoints: backends.map(({ id, port: ports }) => ({
      id,
      endpoints: [ports].flat().map((endpointPort) => ({
        address: '127.0.0.1',
        port: endpointPort,
        ready: true,
        serving: true,
        terminating: false,
      })),
    })),
    gateways: 1,
    secrets: [],
  };
}

function settingsOf(port: number): FleetSettings {
  return { ...sampleSettings(port), shutdown: { propagationDelayMs: 0, drainTimeoutMs: 1_000 } };
}
