import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@evergate/contract/test/freePort';
import { ApiClient, type ApiClientOptions } from '../../src/kube/apiClient.ts';
import type { Credentials } from '../../src/kube/transport.ts';
import { apiServerArguments, controllerManagerArguments, etcdArguments, type Layout } from './apiServerArguments.ts';
import type { Binaries } from './binaries.ts';
import { Program } from './program.ts';
import { provideBinaries } from './provideBinaries.ts';

const START_LIMIT_MS = 120_000;
const START_TRIES = 3;
const POLL_MS = 25;

export interface StartOptions {
  /** Makes Deployments make Pods, and ends what its owner left behind. */
  readonly controllerManager?: boolean;
}

/** How the shared API server is told from one process to another. */
export interface Access {
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
}

/**
 * A real kube-apiserver with an etcd of its own, as processes on the loopback, in a folder below the temporary one. Starting takes
 * 3-4 s. Parts of it can be killed, frozen, restarted and set back in time.
 */
export class ApiServer {
  readonly #layout: Layout;
  readonly #binaries: Binaries;
  readonly #token: string;
  #etcd: Program | undefined;
  #apiServer: Program | undefined;
  #controllerManager: Program | undefined;

  private constructor(layout: Layout, binaries: Binaries, token: string) {
    this.#layout = layout;
    this.#binaries = binaries;
    this.#token = token;
  }

  /** Resolves when it is ready. Another process may have taken a port meanwhile, so it tries again with others. */
  static async start({ controllerManager = false }: StartOptions = {}): Promise<ApiServer> {
    const binaries = await provideBinaries(process.env, (line) => process.stderr.write(`${line}\n`));
    for (let tries = 1; ; tries++) {
      const token = randomBytes(16).toString('hex');
      const server = new ApiServer(await prepare(token), binaries, token);
      try {
        await server.startEtcd();
        await server.startApiServer();
        if (controllerManager) await server.#startControllerManager();
        return server;
      } catch (error) {
        await server.stop();
        if (tries === START_TRIES) throw error;
      }
    }
  }

  get access(): Access {
    const { folder, apiPort } = this.#layout;
    return {
      server: `https://127.0.0.1:${apiPort}`,
      caFile: join(folder, 'certs', 'apiserver.crt'),
      token: this.#token,
    };
  }

  /** With every right. Whoever makes a client closes it. */
  client(options: Omit<ApiClientOptions, keyof Credentials> = {}): Promise<ApiClient> {
    return clientOf(this.access, options);
  }

  async startEtcd(): Promise<void> {
    const { folder } = this.#layout;
    this.#etcd = await Program.start(this.#binaries.etcd, etcdArguments(this.#layout), join(folder, 'etcd.log'));
  }

  async startApiServer(): Promise<void> {
    const { folder } = this.#layout;
    const args = apiServerArguments(this.#layout);
    const program = await Program.start(this.#binaries.apiServer, args, join(folder, 'apiserver.log'));
    this.#apiServer = program;
    await until('the API server is ready', program, () => this.#isReady());
  }

  /** Without a word to those who are connected. */
  async killApiServer(): Promise<void> {
    await this.#apiServer?.end('KILL');
  }

  /** As a node that hangs: connections stay open, nothing is answered. */
  pauseApiServer(): void {
    this.#apiServer?.pause();
  }

  resumeApiServer(): void {
    this.#apiServer?.resume();
  }

  /** Makes etcd forget all versions but the newest of each object, and the API server forget what it remembers of them. */
  async compactAndRestart(): Promise<void> {
    await this.killApiServer();
    await compact(this.#layout.etcdPort);
    await this.startApiServer();
  }

  /** Keeps what is stored, both stopped meanwhile; the way back is `restore`. */
  async backUp(): Promise<void> {
    await this.#exchangeData('etcd', 'backup');
  }

  /** As from a backup: resource versions go back to what they were then. */
  async restore(): Promise<void> {
    await this.#exchangeData('backup', 'etcd');
  }

  async stop(): Promise<void> {
    this.#apiServer?.isAlive && this.resumeApiServer();
    for (const program of [this.#controllerManager, this.#apiServer, this.#etcd]) await program?.end('KILL');
    await rm(this.#layout.folder, { recursive: true, force: true });
  }

  async #exchangeData(from: string, to: string): Promise<void> {
    const { folder } = this.#layout;
    await this.killApiServer();
    await this.#etcd?.end('TERM');
    await rm(join(folder, to), { recursive: true, force: true });
    await cp(join(folder, from), join(folder, to), { recursive: true });
    await this.startEtcd();
    await this.startApiServer();
  }

  async #startControllerManager(): Promise<void> {
    const { controllerManager } = this.#binaries;
    if (controllerManager === undefined) throw new Error('there is no kube-controller-manager beside kube-apiserver');
    const { folder } = this.#layout;
    await writeFile(join(folder, 'kubeconfig'), await kubeconfig(this.access));
    const args = controllerManagerArguments(this.#layout);
    this.#controllerManager = await Program.start(controllerManager, args, join(folder, 'controller-manager.log'));
  }

  async #isReady(): Promise<boolean> {
    const { server, caFile, token } = this.access;
    if (!existsSync(caFile)) return false;
    return (await statusOf(`${server}/readyz`, await readFile(caFile), token)) === 200;
  }
}

/** A client for an API server that another process started. */
export async function clientOf(
  { server, caFile, token }: Access,
  options: Omit<ApiClientOptions, keyof Credentials> = {},
): Promise<ApiClient> {
  return new ApiClient({ server, ca: await readFile(caFile), token: () => token, ...options });
}

/** For kubectl, and for what reads a kubeconfig. */
export async function kubeconfig({ server, caFile, token }: Access): Promise<string> {
  const ca = (await readFile(caFile)).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'test', user: { token } }],
  });
}

async function prepare(token: string): Promise<Layout> {
  const folder = await mkdtemp(join(tmpdir(), 'evergate-apiserver-'));
  await mkdir(join(folder, 'certs'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
  await writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`);
  const [apiPort, etcdPort, etcdPeerPort, controllerPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  return { folder, apiPort, etcdPort, etcdPeerPort, controllerPort };
}

async function until(what: string, program: Program, holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + START_LIMIT_MS;
  while (!(await holds())) {
    if (!program.isAlive) throw new Error(`it ended before ${what}:\n${program.lastWords}`);
    if (performance.now() > endsAt) throw new Error(`never came to be: ${what}:\n${program.lastWords}`);
    await pause(POLL_MS);
  }
}

/** By etcd's JSON interface: any read tells the newest revision. */
async function compact(etcdPort: number): Promise<void> {
  const read = await etcdCall(etcdPort, 'kv/range', { key: Buffer.from('/').toString('base64') });
  const { header } = (await read.json()) as { header: { revision: string } };
  const answer = await etcdCall(etcdPort, 'kv/compaction', { revision: header.revision, physical: true });
  if (!answer.ok) throw new Error(`etcd refused to compact: ${await answer.text()}`);
}

function etcdCall(etcdPort: number, path: string, body: object): Promise<Response> {
  const method = 'POST';
  return fetch(`http://127.0.0.1:${etcdPort}/v3/${path}`, { method, body: JSON.stringify(body) });
}

function statusOf(url: string, ca: Buffer, token: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const sent = request(url, { ca, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 2_000 });
  sent.on('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => resolve(0));
  sent.end();
  return promise;
}
