import { allCases } from '@evergate/crds/test/objects/allCases';
import type { ObjectCase } from '@evergate/crds/test/objects/objectCase';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { isInvalid } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { backendPolicies, gatewayFleets, gatewayRoutes } from '../../src/kube/resource.ts';
import { sharedClient } from '../support/sharedApiServer.ts';

const resources = [gatewayRoutes, gatewayFleets, backendPolicies];

describe('the API server takes and refuses what the parse does', () => {
  let client: ApiClient;
  beforeAll(async () => {
    client = await sharedClient();
  });
  afterAll(() => client.close());

  /** Tries the object, of which nothing is kept. */
  function attempt({ object }: ObjectCase): Promise<unknown> {
    const resource = resources.find(({ kind }) => kind === object.kind);
    if (resource === undefined) throw new Error(`${object.kind} is none of our kinds`);
    return client
      .create(resource, object as unknown as KubeObject, { strict: true, dryRun: true })
      .catch((error: unknown) => error);
  }

  test.each(allCases.filter(({ refused }) => refused === undefined))('it takes $what', async (one) => {
    expect(await attempt(one)).toMatchObject({ kind: one.object.kind, metadata: { name: one.object.metadata.name } });
  });

  test.each(allCases.filter(({ refused }) => refused !== undefined))('it refuses $what', async (one) => {
    const error = await attempt(one);
    expect(isInvalid(error)).toBe(true);
    const { path, message, server } = one.refused ?? { path: '', message: '' };
    expect((error as Error).message).toContain(server ?? message);
    if (server === undefined) expect((error as Error).message).toContain(path);
  });
});
