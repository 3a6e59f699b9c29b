import { readdirSync, readFileSync } from 'node:fs';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { apiVersion } from '@evergate/crds/objectMeta';
import { parseObject } from '@evergate/crds/parse';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { deployments, gatewayFleets } from '../../src/kube/resource.ts';
import { renderFleet } from '../../src/render/render.ts';
import { ownNamespace, sharedClient } from '../support/sharedApiServer.ts';
import { at, context } from './fleet.ts';

const folder = new URL('golden/', import.meta.url);
const cases = readdirSync(folder).filter((file) => file.endsWith('.in.yaml'));

describe('on a real API server', () => {
  let client: ApiClient;
  let namespace = '';
  beforeAll(async () => {
    client = await sharedClient();
    namespace = await ownNamespace(client);
  });
  afterAll(() => client.close());

  /** Stores a fleet, and reads it as the operator does. */
  async function storeFleet(name: string, spec: object): Promise<GatewayFleet> {
    const wanted = { apiVersion, kind: 'GatewayFleet', metadata: { name, namespace }, spec };
    const stored = await client.apply(gatewayFleets, wanted, { fieldManager: 'test', force: true });
    const parsed = parseObject('GatewayFleet', stored);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.value;
  }

  /** Applies what a fleet consists of, in order; resolves with what the API server made of each. */
  async function applyFleet(
    fleet: GatewayFleet,
    deployment?: KubeObject,
  ): Promise<readonly [KubeObject, KubeObject][]> {
    const applied: [KubeObject, KubeObject][] = [];
    for (const { resource, object, fieldManager } of renderFleet(fleet, { ...context, deployment })) {
      applied.push([object, await client.apply(resource, object, { fieldManager, force: true })]);
    }
    return applied;
  }

  test.each(cases)('everything of %s is taken, and stored as it was said', async (file) => {
    const spec: object = parse(readFileSync(new URL(file, folder), 'utf8'));
    const fleet = await storeFleet(file.replace('.in.yaml', '').toLowerCase(), spec);
    const first = await applyFleet(fleet);
    for (const [object, stored] of first) expect(stored).toMatchObject(object);
    const versions = (applied: readonly [KubeObject, KubeObject][]) =>
      applied.map(([, { metadata }]) => metadata.resourceVersion);
    expect(versions(await applyFleet(fleet))).toEqual(versions(first));
  });

  describe('the number of replicas', () => {
    const name = 'scaled';
    const live = () => client.get(deployments, { namespace, name });
    async function replicasAfter(spec: object): Promise<unknown> {
      await applyFleet(await storeFleet(name, spec), await live());
      return at(await live(), 'spec', 'replicas');
    }

    beforeAll(async () => {
      await applyFleet(await storeFleet(name, { replicas: 7 }));
    });

    test('stays when an autoscaler takes over, and is the autoscaler’s from then on', async () => {
      expect(await replicasAfter({ autoscaling: {} })).toBe(7);
      expect(await replicasAfter({ autoscaling: {} })).toBe(7);
      await client.mergePatch(
        deployments,
        { namespace, name },
        { spec: { replicas: 9 } },
        { fieldManager: 'autoscaler', subresource: 'scale' },
      );
      expect(await replicasAfter({ autoscaling: { mode: 'External' } })).toBe(9);
    });

    test('is what the fleet says again without an autoscaler', async () => {
      expect(await replicasAfter({ replicas: 4 })).toBe(4);
    });
  });
});
