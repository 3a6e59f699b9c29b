import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentKinds, indexObjectName } from '@evergate/contract/names';
import { freePort } from '@evergate/contract/test/freePort';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { documentObject, documentResource, objectNameOf } from '../../src/deliver/documentObject.ts';
import type { Write } from '../../src/deliver/documents.ts';
import {
  type FleetContent,
  type Publication,
  type Published,
  publication,
  settled,
} from '../../src/deliver/publication.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { namespaces, roleBindings, roles, secrets, serviceAccounts } from '../../src/kube/resource.ts';
import { role } from '../../src/render/role.ts';
import { roleBinding } from '../../src/render/roleBinding.ts';
import { accountName, serviceAccount } from '../../src/render/serviceAccount.ts';
import { fleetOf } from '../render/fleet.ts';
import { accountToken, statusFor } from '../support/accountToken.ts';
import { ApiServer } from '../support/apiServer.ts';
import { eventually } from '../support/eventually.ts';
import { GatewayProcess } from '../support/gatewayProcess.ts';
import { sampleContent, sampleRule } from './sampleContent.ts';

/* Its own API server: it is killed and set back. The gateways are processes with the rights of the Role that fleets get, and no more. */

const LIMIT_MS = 120_000;
const fleet = fleetOf();
const { name, namespace } = { name: 'edge', namespace: 'infra' };
const force = { fieldManager: 'test', force: true };

/** Writes a fleet's documents as they are published. */
class Documents {
  readonly #client: ApiClient;
  readonly #stored = new Map<string, string | Uint8Array>();
  #published: Published | undefined;
  epoch = 1;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  get sequence(): number {
    return this.#published?.routes.sequence ?? 0;
  }

  /** What a mount of it all would have: content by key. */
  get stored(): ReadonlyMap<string, string | Uint8Array> {
    return new Map(this.#stored);
  }

  next(content: FleetContent): Publication {
    const identity = { fleetUID: fleet.metadata.uid ?? '', fleet: { namespace, name }, epoch: this.epoch };
    return publication(content, this.#published, identity, { compressAboveBytes: 8192, carryBelowBytes: 16_384 });
  }

  /** Resolves with when the API server had answered the last write: milliseconds since the epoch. */
  async publish(content: FleetContent): Promise<number> {
    const next = this.next(content);
    for (const write of next.writes) await this.#write(write);
    const writtenAt = Date.now();
    for (const write of next.state.unstored) await this.#write(write);
    this.#published = settled(next.state);
    return writtenAt;
  }

  async #write(write: Write): Promise<void> {
    const metadata = { namespace, name: objectNameOf(name, write) };
    await this.#client.apply(documentResource(write.kind), documentObject(write, metadata), force);
    this.#stored.set(write.key, write.gzip ?? write.text);
  }
}

describe('a gateway that watches a real API server', () => {
  let server: ApiServer;
  let client: ApiClient;
  let documents: Documents;
  let folder: string;
  let gateway: GatewayProcess | undefined;
  let port: number;
  let tests = 0;
  const upstream = createServer((_, response) => response.writeHead(204).end());

  beforeAll(async () => {
    server = await ApiServer.start();
    client = await server.client();
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  }, LIMIT_MS);
  afterAll(async () => {
    upstream.close();
    await client.close();
    await server.stop();
  });

  beforeEach(async () => {
    if (tests++ === 0) await permit();
    documents = new Documents(client);
    documents.epoch = tests;
    port = await freePort();
    folder = await mkdtemp(join(tmpdir(), 'evergate-pod-'));
    await mkdir(join(folder, 'account'));
    await mkdir(join(folder, 'documents'));
    await copyFile(server.access.caFile, join(folder, 'account', 'ca.crt'));
    await writeToken(await tokenBoundTo('token-1'));
  }, LIMIT_MS);
  afterEach(async () => {
    await gateway?.kill();
    await rm(folder, { recursive: true });
  }, LIMIT_MS);

  async function permit(): Promise<void> {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await client.apply(serviceAccounts, serviceAccount(fleet), force);
    await client.apply(roles, role(fleet), force);
    await client.apply(roleBindings, roleBinding(fleet), force);
  }

  async function tokenBoundTo(secretName: string): Promise<string> {
    const metadata = { namespace, name: secretName };
    const secret = await client.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata }, force);
    const account = { namespace, name: accountName(name) };
    return accountToken(server.access, account, { name: secretName, uid: secret.metadata.uid ?? '' });
  }

  /** As the kubelet does: the file is replaced. */
  async function writeToken(token: string): Promise<void> {
    await writeFile(join(folder, 'account', 'token'), token);
  }

  function start(): Promise<GatewayProcess> {
    return GatewayProcess.start({
      EVERGATE_DOCUMENTS: join(folder, 'documents'),
      EVERGATE_COPY: join(folder, 'copy'),
      EVERGATE_DELIVERY: 'Watch',
      EVERGATE_FLEET: name,
      EVERGATE_NAMESPACE: namespace,
      EVERGATE_API_SERVER: server.access.server,
      EVERGATE_SERVICE_ACCOUNT: join(folder, 'account'),
    });
  }

  function contentOf(routes: number): FleetContent {
    const content = sampleContent(routes);
    const listeners = [{ name: 'http', port, protocol: 'HTTP' }] as const;
    const upstreamPort = (upstream.address() as AddressInfo).port;
    const endpoint = { address: '127.0.0.1', port: upstreamPort, ready: true, serving: true, terminating: false };
    const endpoints = content.endpoints.map(({ id }) => ({ id, endpoints: [endpoint] }));
    return { ...content, endpoints, settings: { ...content.settings, listeners } };
  }

  /** What the gateway answers on its data port. */
  async function answerTo(path: string): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const asked = get({ port, host: '127.0.0.1', path, agent: false, headers: { host: 'h0.example.com' } });
    asked.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
    return promise;
  }

  test(
    'is ready with what it finds there, by the rights of its Role alone',
    async () => {
      await documents.publish(contentOf(1_000));
      gateway = await start();
      await gateway.ready();
      expect(await gateway.revision()).toMatchObject({
        routes: { sequence: 1, source: 'Watch' },
        endpoints: { sequence: 1, source: 'Watch' },
        secrets: { sequence: 1, source: 'Watch' },
        stale: false,
      });
      const token = await tokenBoundTo('token-2');
      const api = `/api/v1/namespaces/${namespace}`;
      expect(await statusFor(server.access, token, `${api}/configmaps/edge-routes-0-a`)).toBe(200);
      for (const path of [`${api}/configmaps`, `${api}/secrets`, `${api}/secrets/token-1`, '/api/v1/namespaces']) {
        expect(await statusFor(server.access, token, path)).toBe(403);
      }
    },
    LIMIT_MS,
  );

  test(
    'has an edit among 1,000 routes in effect milliseconds after the API server has answered it',
    async () => {
      const content = contentOf(1_000);
      await documents.publish(content);
      gateway = await start();
      await gateway.ready();
      const latencies: number[] = [];
      for (let edit = 0; edit < 200; edit++) {
        const rules = content.rules.with((edit * 37) % 1_000, sampleRule((edit * 37) % 1_000, `/edit/${edit}`));
        const answered = await documents.publish({ ...content, rules });
        const { sequence } = documents;
        const swapOf = () =>
          gateway?.lines.find(({ fields }) => fields['document'] === 'routes' && fields['sequence'] === sequence);
        await eventually(`edit ${edit} is served`, () => swapOf() !== undefined);
        latencies.push((swapOf()?.at ?? Number.NaN) - answered);
      }
      latencies.sort((a, b) => a - b);
      const [p50, p90, p99, longest] = [99, 179, 197, 199].map((rank) => latencies[rank]);
      process.stdout.write(
        `an edit among 1,000 routes, from the answer to in effect: p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, longest ${longest} ms\n`,
      );
      expect(latencies).not.toContain(Number.NaN);
      expect(await gateway.metrics()).toContain('evergate_watch_restarts_total{document="routes",reason="Failed"} 0');
    },
    LIMIT_MS,
  );

  test(
    'goes on while the API server is gone, starts again from its copy, and follows when that is back',
    async () => {
      await documents.publish(contentOf(1_000));
      gateway = await start();
      await gateway.ready();
      await eventually('the copy is written', async () =>
        /copies_written_total\{document="routes"\} 1/.test(await (gateway as GatewayProcess).metrics()),
      );
      await server.killApiServer();
      await eventually('the loss is told', async () => (await gateway?.revision())?.stale === true);
      expect(await answerTo('/api/0')).toBe(204);
      await gateway.kill();
      gateway = await start();
      const readyMs = await gateway.ready();
      process.stdout.write(`ready ${Math.round(readyMs)} ms after a start from the copy, without API server\n`);
      // It has waited for its first list.
      expect(readyMs).toBeGreaterThan(2_900);
      expect(await gateway.revision()).toMatchObject({ routes: { source: 'Copy' }, staleBecause: ['NoContact'] });
      expect(await answerTo('/api/0')).toBe(204);
      await server.startApiServer();
      await documents.publish(contentOf(999));
      expect(await gateway.serves(documents.sequence, documents.epoch)).toMatchObject({ routes: { source: 'Watch' } });
      await eventually('all is well', async () => (await gateway?.revision())?.stale === false);
    },
    LIMIT_MS,
  );

  test(
    'is not ready without any table, and is once there is one',
    async () => {
      for (const kind of documentKinds) {
        const target = { namespace, name: indexObjectName(name, kind) };
        await client.delete(documentResource(kind), target);
      }
      gateway = await start();
      const { lines } = gateway;
      await eventually('it has begun', () => lines.some(({ msg }) => msg === 'gateway started'));
      expect(await gateway.readiness()).toBe(503);
      await documents.publish(contentOf(5));
      await gateway.ready();
    },
    LIMIT_MS,
  );

  test(
    'is not reverted by a mount that lags, and takes what only the mount has yet',
    async () => {
      await documents.publish(contentOf(100));
      const lagging = documents.stored;
      await documents.publish(contentOf(110));
      for (const [key, content] of lagging) await writeFile(join(folder, 'documents', key), content);
      gateway = await start();
      await gateway.ready();
      expect(await gateway.revision()).toMatchObject({ routes: { sequence: 2, source: 'Watch' } });
      const newer = documents.next(contentOf(120));
      for (const { key, text, gzip } of newer.writes) {
        await writeFile(join(folder, 'documents', `.${key}`), gzip ?? text);
        await rename(join(folder, 'documents', `.${key}`), join(folder, 'documents', key));
      }
      expect(await gateway.serves(3, documents.epoch)).toMatchObject({ routes: { sequence: 3, source: 'Mount' } });
    },
    LIMIT_MS,
  );

  test(
    'uses the token that the kubelet put in the place of the one that ended',
    async () => {
      await documents.publish(contentOf(10));
      gateway = await start();
      await gateway.ready();
      await writeToken(await tokenBoundTo('token-3'));
      await client.delete(secrets, { namespace, name: 'token-1' });
      // So that nobody remembers the old token, and every connection is made anew.
      await server.killApiServer();
      await server.startApiServer();
      await documents.publish(contentOf(11));
      await gateway.serves(documents.sequence, documents.epoch);
    },
    LIMIT_MS,
  );

  test(
    'follows a later epoch after the store was set back',
    async () => {
      const { epoch } = documents;
      await documents.publish(contentOf(10));
      await server.backUp();
      for (const routes of [11, 12, 13]) await documents.publish(contentOf(routes));
      gateway = await start();
      await gateway.serves(4, epoch);
      await server.restore();
      const restored = new Documents(client);
      restored.epoch = epoch + 100;
      await restored.publish(contentOf(20));
      expect(await gateway.serves(1, epoch + 100)).toMatchObject({ stale: false });
    },
    LIMIT_MS,
  );
});
