import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import type { RequestReport } from '../../src/kube/requester.ts';
import { configMaps, gatewayRoutes, podDisruptionBudgets, pods } from '../../src/kube/resource.ts';
import type { WatchEvent } from '../../src/kube/watchEvent.ts';
import { ownNamespace, sharedClient } from '../support/sharedApiServer.ts';

const ours = { fieldManager: 'evergate', force: true };

describe('the client of a real API server', () => {
  let client: ApiClient;
  let namespace: string;
  const reports: RequestReport[] = [];

  beforeAll(async () => {
    client = await sharedClient({ onRequest: (report) => reports.push(report) });
  });
  afterAll(() => client.close());
  beforeEach(async () => {
    namespace = await ownNamespace(client);
    reports.length = 0;
  });

  function configMap(name: string, data: Record<string, string> = {}): KubeObject {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
  }

  function route(name: string): KubeObject {
    const rules = [{ backendRefs: [{ name: 'shop', port: 80 }] }];
    return {
      apiVersion: 'evergate.dev/v1alpha1',
      kind: 'GatewayRoute',
      metadata: { name, namespace },
      spec: { rules },
    };
  }

  test('an object is made, read, replaced and deleted', async () => {
    const made = await client.create(configMaps, configMap('a', { one: '1' }));
    await expect(client.create(configMaps, configMap('a'))).rejects.toMatchObject({ reason: 'AlreadyExists' });
    const replaced = await client.replace(configMaps, { ...made, data: { two: '2' } });
    expect(replaced['data']).toEqual({ two: '2' });
    await expect(client.replace(configMaps, { ...made, data: {} })).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await client.get(configMaps, { namespace, name: 'a' })).toMatchObject({ data: { two: '2' } });
    await client.delete(configMaps, { namespace, name: 'a' });
    await expect(client.get(configMaps, { namespace, name: 'a' })).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('an object that took the name of another is not deleted in its place', async () => {
    const first = await client.create(configMaps, configMap('a'));
    await client.delete(configMaps, first.metadata, { uid: first.metadata.uid });
    const second = await client.create(configMaps, configMap('a'));
    await expect(client.delete(configMaps, second.metadata, { uid: first.metadata.uid })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    const version = first.metadata.resourceVersion;
    await expect(client.delete(configMaps, second.metadata, { resourceVersion: version })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect(await client.get(configMaps, second.metadata)).toMatchObject({ metadata: { uid: second.metadata.uid } });
  });

  test('what we no longer apply is gone, and what others own stays', async () => {
    await client.apply(configMaps, configMap('a', { mine: '1', old: '1' }), ours);
    await client.mergePatch(
      configMaps,
      { namespace, name: 'a' },
      { data: { theirs: '1' } },
      { fieldManager: 'kubectl' },
    );
    const applied = await client.apply(configMaps, configMap('a', { mine: '2' }), ours);
    expect(applied['data']).toEqual({ mine: '2', theirs: '1' });
  });

  test('to apply the same again changes nothing', async () => {
    const first = await client.apply(configMaps, configMap('a', { mine: '1' }), ours);
    const second = await client.apply(configMaps, configMap('a', { mine: '1' }), ours);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test("another's field is a conflict that names it, unless it is taken by force", async () => {
    await client.apply(configMaps, configMap('a', { value: 'theirs' }), { fieldManager: 'other' });
    const attempt = client.apply(configMaps, configMap('a', { value: 'ours' }), { fieldManager: 'evergate' });
    await expect(attempt).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.value' }] },
    });
    const applied = await client.apply(configMaps, configMap('a', { value: 'ours' }), ours);
    expect(applied['data']).toEqual({ value: 'ours' });
  });

  test('a dry run is answered and not kept', async () => {
    await client.apply(configMaps, configMap('a'), { ...ours, dryRun: true });
    await expect(client.get(configMaps, { namespace, name: 'a' })).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('a status is written without a new generation, and without the spec', async () => {
    const { metadata } = await client.create(gatewayRoutes, route('a'));
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = { observedGeneration: 1, conditions: [condition] };
    const patched = await client.patchStatus(gatewayRoutes, metadata, { status });
    expect(patched).toMatchObject({ metadata: { generation: 1 }, status: { conditions: [{ type: 'Ready' }] } });
    const { spec: _, ...bare } = route('a');
    const applied = await client.applyStatus(gatewayRoutes, { ...bare, status } as KubeObject, ours);
    expect(applied).toMatchObject({ metadata: { generation: 1 }, spec: { rules: [expect.anything()] } });
    const stale = { metadata: { resourceVersion: metadata.resourceVersion }, status: { observedGeneration: 0 } };
    await expect(client.patchStatus(gatewayRoutes, metadata, stale)).rejects.toMatchObject({ reason: 'Conflict' });
  });

  test('a list comes in pages, each object once and with its kind', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `a${n}`);
    for (const name of names) await client.create(configMaps, configMap(name));
    reports.length = 0;
    const { items, resourceVersion } = await client.listAll(configMaps, { namespace, limit: 3 });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(resourceVersion).toMatch(/^\d+$/);
    expect(reports.map(({ verb, resource, status }) => ({ verb, resource, status }))).toEqual(
      Array.from({ length: 3 }, () => ({ verb: 'list', resource: 'configmaps', status: 200 })),
    );
  });

  test('objects are chosen by label and by field', async () => {
    const labelled = configMap('a');
    await client.create(configMaps, { ...labelled, metadata: { ...labelled.metadata, labels: { app: 'shop' } } });
    await client.create(configMaps, configMap('b'));
    const byLabel = await client.list(configMaps, { namespace, labelSelector: 'app in (shop)' });
    expect(byLabel.items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    const byField = await client.list(configMaps, { namespace, fieldSelector: 'metadata.name=b' });
    expect(byField.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  test('a watch tells what happens after the version it starts from, until it is left', async () => {
    const { resourceVersion } = await client.list(configMaps, { namespace });
    const made = await client.create(configMaps, configMap('a'));
    await client.mergePatch(configMaps, made.metadata, { data: { one: '1' } });
    await client.delete(configMaps, made.metadata);
    const seen: WatchEvent['type'][] = [];
    for await (const event of client.watch(configMaps, { namespace, resourceVersion }, new AbortController().signal)) {
      seen.push(event.type);
      if (event.type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(reports.at(-1)).toMatchObject({ verb: 'watch', resource: 'configmaps', status: 200 });
  });

  test('a watch that is refused says why', async () => {
    const options = { namespace, labelSelector: 'a in b' };
    const watch = client.watch(configMaps, options, new AbortController().signal);
    await expect(watch.next()).rejects.toMatchObject({ status: 400, reason: 'BadRequest' });
  });

  test('a watch is ended by its time and by its signal', async () => {
    const { resourceVersion } = await client.list(configMaps, { namespace });
    const events: WatchEvent[] = [];
    const options = { namespace, resourceVersion, timeoutSeconds: 1 };
    for await (const event of client.watch(configMaps, options, new AbortController().signal)) events.push(event);
    expect(events.filter(({ type }) => type !== 'BOOKMARK')).toEqual([]);
    const controller = new AbortController();
    const next = client.watch(configMaps, { namespace, resourceVersion }, controller.signal).next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  test('a kind that is not there is not found, when listed and when watched', async () => {
    const none = { ...gatewayRoutes, plural: 'nones', kind: 'None' };
    await expect(client.list(none)).rejects.toMatchObject({ reason: 'NotFound' });
    const watch = client.watch(none, {}, new AbortController().signal);
    await expect(watch.next()).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('an eviction is done, or refused at once while a budget forbids it', async () => {
    const labels = { app: 'shop' };
    const spec = { containers: [{ name: 'a', image: 'none' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace, labels }, spec };
    await client.create(pods, pod);
    const { metadata } = await client.create(podDisruptionBudgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'a', namespace },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await client.patchStatus(pods, pod.metadata, { status: ready });
    reports.length = 0;
    await expect(client.evict(namespace, 'a')).rejects.toMatchObject({ reason: 'TooManyRequests' });
    expect(reports).toHaveLength(1);
    await client.delete(podDisruptionBudgets, metadata);
    await client.evict(namespace, 'a');
    expect(reports.at(-1)).toMatchObject({ verb: 'create', resource: 'pods/eviction', status: 201 });
  });
});
