import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { systemClock } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts';
import { configMaps, customResourceDefinitions, referenceGrants } from '../../src/kube/resource.ts';
import { Store } from '../../src/kube/store.ts';
import { ApiServer } from '../support/apiServer.ts';
import { eventually } from '../support/eventually.ts';
import { ownNamespace } from '../support/sharedApiServer.ts';
import { TcpProxy } from '../support/tcpProxy.ts';

/* Its own API server: it is killed, compacted and set back. */

describe('a reflector of a real API server', () => {
  let server: ApiServer;
  let direct: ApiClient;
  let proxy: TcpProxy;
  let proxied: ApiClient;
  let namespace: string;
  let reflector: Reflector | undefined;
  let store: Store;

  beforeAll(async () => {
    server = await ApiServer.start();
    direct = await server.client();
  });
  afterAll(async () => {
    await direct.close();
    await server.stop();
  });

  beforeEach(async () => {
    const { server: url, caFile, token } = server.access;
    proxy = await TcpProxy.start(Number(new URL(url).port));
    const ca = await readFile(caFile);
    proxied = new ApiClient({ server: `https://127.0.0.1:${proxy.port}`, ca, token: () => token, timeoutMs: 1_000 });
    namespace = await ownNamespace(direct);
    store = new Store();
  });
  afterEach(async () => {
    await reflector?.stop();
    await proxied.close();
    await proxy.stop();
  });

  function start(options: Partial<ReflectorOptions> = {}): Reflector {
    const started = new Reflector({
      client: proxied,
      resource: configMaps,
      namespace,
      listener: store,
      clock: systemClock,
      backoff: { baseMs: 20, maxMs: 200 },
      ...options,
    });
    reflector = started;
    started.start();
    return started;
  }

  function configMap(name: string, value: string): KubeObject {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } };
  }

  async function apply(name: string, value: string): Promise<void> {
    await direct.apply(configMaps, configMap(name, value), { fieldManager: 'test', force: true });
  }

  function held(): Record<string, unknown> {
    return Object.fromEntries(
      [...store.values()].map((object) => [object.metadata.name, (object['data'] as { value: string }).value]),
    );
  }

  async function holds(expected: Record<string, string>): Promise<void> {
    const text = JSON.stringify(expected);
    await eventually(`the store holds ${text}, not ${JSON.stringify(held())}`, () => {
      return JSON.stringify(Object.fromEntries(Object.entries(held()).sort())) === text;
    });
  }

  test('what was there is told at once, and each change after it', async () => {
    await apply('a', '1');
    const { synced } = start();
    await synced;
    expect(held()).toEqual({ a: '1' });
    await apply('b', '1');
    await apply('a', '2');
    await holds({ a: '2', b: '1' });
    await direct.delete(configMaps, { namespace, name: 'a' });
    await holds({ b: '1' });
    expect(reflector?.counts).toMatchObject({ lists: 1, watches: 1, listenerErrors: 0 });
  });

  test('objects that a selector takes leave when they no longer fit', async () => {
    const labels = { app: 'shop' };
    await direct.create(configMaps, { ...configMap('a', '1'), metadata: { name: 'a', namespace, labels } });
    await apply('b', '1');
    await start({ labelSelector: 'app=shop' }).synced;
    expect(held()).toEqual({ a: '1' });
    await direct.mergePatch(configMaps, { namespace, name: 'a' }, { metadata: { labels: { app: null } } });
    await holds({});
  });

  test('a connection that is reset costs a watch, not a list', async () => {
    await apply('a', '1');
    await start().synced;
    await eventually('it watches', () => reflector?.counts.watches === 1);
    proxy.cut();
    await apply('a', '2');
    await direct.create(configMaps, configMap('b', '1'));
    await eventually('it tried while it could not', () => (reflector?.counts.restarts.failed ?? 0) > 0);
    proxy.mend();
    await holds({ a: '2', b: '1' });
    expect(reflector?.counts.lists).toBe(1);
  });

  test('a peer that is silent without an end is left', async () => {
    await apply('a', '1');
    await start({ silenceMs: 500 }).synced;
    await eventually('it watches', () => reflector?.counts.watches === 1);
    proxy.silence();
    await apply('a', '2');
    await eventually('it noticed', () => (reflector?.counts.restarts.silent ?? 0) > 0);
    proxy.mend();
    await holds({ a: '2' });
    expect(reflector?.counts.lists).toBe(1);
  });

  test('an API server that is killed during a watch is found again, and nothing is told twice or lost', async () => {
    await apply('a', '1');
    const changes: string[] = [];
    store.subscribe(({ key, old, new: now }) => {
      changes.push(`${key} ${old === undefined ? 'new' : 'known'} ${now === undefined ? 'gone' : 'there'}`);
    });
    await start().synced;
    await server.killApiServer();
    await server.startApiServer();
    await apply('b', '1');
    await holds({ a: '1', b: '1' });
    expect(changes).toEqual([`${namespace}/a new there`, `${namespace}/b new there`]);
  });

  test('a version that was compacted away costs a list, and what went meanwhile is gone', async () => {
    await apply('a', '1');
    await apply('b', '1');
    await start().synced;
    await eventually('it watches', () => reflector?.counts.watches === 1);
    proxy.cut();
    await apply('a', '2');
    await direct.delete(configMaps, { namespace, name: 'b' });
    await apply('c', '1');
    await server.compactAndRestart();
    proxy.mend();
    await holds({ a: '2', c: '1' });
    expect(reflector?.counts.restarts.gone).toBeGreaterThan(0);
    expect(reflector?.counts.lists).toBe(2);
  });

  test('a store that is set back to a backup is noticed, although its versions are lower', async () => {
    await apply('a', '1');
    await server.backUp();
    await start().synced;
    await apply('a', '2');
    await apply('b', '1');
    for (let n = 0; n < 20; n++) await apply('c', String(n));
    await holds({ a: '2', b: '1', c: '19' });
    await server.restore();
    await holds({ a: '1' });
    await apply('d', '1');
    await holds({ a: '1', d: '1' });
  });

  test('a kind that the API server does not have counts as empty, and is found when it comes', async () => {
    const { synced } = start({ resource: referenceGrants, absentMs: 100 });
    await synced;
    expect(store.size).toBe(0);
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: 'referencegrants.gateway.networking.k8s.io',
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
      },
      spec: {
        group: 'gateway.networking.k8s.io',
        scope: 'Namespaced',
        names: { plural: 'referencegrants', singular: 'referencegrant', kind: 'ReferenceGrant' },
        versions: [
          {
            name: 'v1beta1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    await direct.create(customResourceDefinitions, definition);
    const grant = { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant' };
    await eventually('the kind is served', () =>
      direct.create(referenceGrants, { ...grant, metadata: { name: 'a', namespace } }).then(
        () => true,
        () => false,
      ),
    );
    await eventually('the grant is there', () => store.size === 1);
  });
});
