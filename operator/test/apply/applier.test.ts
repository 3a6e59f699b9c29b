import { describe, expect, test } from '@jest/globals';
import { Applier } from '../../src/apply/applier.ts';
import { fingerprint } from '../../src/apply/fingerprint.ts';
import { controllerOf, describeOwner, isControlledBy } from '../../src/apply/ownership.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { services } from '../../src/kube/resource.ts';

const owner = {
  apiVersion: 'evergate.dev/v1alpha1',
  kind: 'GatewayFleet',
  name: 'edge',
  uid: 'ours',
  controller: true,
};

function service(changes: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'edge', namespace: 'infra', ownerReferences: [owner], ...metadata },
    spec: { ports: [{ port: 80 }] },
    ...changes,
  };
}

describe('the fingerprint of an object', () => {
  test.each([
    ['its status', { status: { loadBalancer: {} } }, {}],
    ['its version', {}, { resourceVersion: '7', generation: 3, managedFields: [{}] }],
    ['what the Deployment controller notes', {}, { annotations: { 'deployment.kubernetes.io/revision': '4' } }],
  ])('does not depend on %s', (_, changes, metadata) => {
    expect(fingerprint(service(changes, { annotations: {}, ...metadata }))).toBe(fingerprint(service()));
  });

  test.each([
    ['its specification', { spec: { ports: [{ port: 81 }] } }, {}],
    ['its labels', {}, { labels: { mine: 'yes' } }],
    ['its owner', {}, { ownerReferences: [] }],
    ['an annotation', {}, { annotations: { mine: 'yes' } }],
  ])('depends on %s', (_, changes, metadata) => {
    expect(fingerprint(service(changes, metadata))).not.toBe(fingerprint(service()));
  });

  test('does not depend on the order of fields', () => {
    expect(fingerprint({ metadata: { name: 'x' }, a: 1, b: 2 })).toBe(
      fingerprint({ b: 2, a: 1, metadata: { name: 'x' } }),
    );
  });
});

describe('ownership', () => {
  test('is that of the one controller, by its uid', () => {
    expect(isControlledBy(service(), 'ours')).toBe(true);
    expect(isControlledBy(service(), 'a namesake')).toBe(false);
    expect(isControlledBy(service({}, { ownerReferences: [{ ...owner, controller: false }] }), 'ours')).toBe(false);
    expect(controllerOf(service({}, { ownerReferences: undefined }))).toBeUndefined();
  });

  test('is told as far as it is known', () => {
    const nobody = { ownerReferences: [] };
    expect(describeOwner(service())).toBe('GatewayFleet edge controls it');
    expect(describeOwner(service({}, { ...nobody, labels: { 'app.kubernetes.io/managed-by': 'Helm' } }))).toBe(
      'Helm manages it',
    );
    expect(describeOwner(service({}, nobody))).toBe('somebody else made it');
  });
});

describe('an applier', () => {
  class Server {
    stored: KubeObject | undefined;
    readonly calls: string[] = [];
    failure: ApiError | undefined;

    async get(): Promise<KubeObject> {
      this.calls.push('get');
      if (this.stored === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'none' });
      return this.stored;
    }

    async apply(
      _: unknown,
      object: KubeObject,
      { fieldManager }: { readonly fieldManager: string },
    ): Promise<KubeObject> {
      this.calls.push(`apply as ${fieldManager}`);
      if (this.failure !== undefined) throw this.failure;
      this.stored = object;
      return object;
    }

    async delete(_: unknown, __: unknown, { uid }: { readonly uid?: string | undefined }): Promise<void> {
      this.calls.push(`delete ${uid}`);
      this.stored = undefined;
    }
  }

  const wanted = { resource: services, object: service(), fieldManager: 'evergate' };
  const live = (object: KubeObject | undefined) => (object === undefined ? [] : [{ resource: services, object }]);

  test('writes once, and again only for another wish or what somebody changed', async () => {
    const server = new Server();
    const applier = new Applier({ client: server, ownerUID: 'ours' });
    await applier.apply([wanted], []);
    await applier.apply([wanted], live(server.stored));
    expect(server.calls).toEqual(['get', 'apply as evergate']);
    await applier.apply([wanted], live(service({ spec: { ports: [] } })));
    await applier.apply([{ ...wanted, object: service({ spec: { ports: [{ port: 81 }] } }) }], live(server.stored));
    expect(server.calls).toHaveLength(6);
  });

  test('forgets what it gave another manager once that is not wanted, and gives it anew', async () => {
    const server = new Server();
    const applier = new Applier({ client: server, ownerUID: 'ours' });
    const handover = { ...wanted, fieldManager: 'evergate-replicas' };
    await applier.apply([handover, wanted], live(service()));
    await applier.apply([wanted], live(service()));
    await applier.apply([handover, wanted], live(service()));
    expect(server.calls.filter((call) => call === 'apply as evergate-replicas')).toHaveLength(2);
  });

  test('removes what is ours and no longer wanted, that very object, and nothing else', async () => {
    const server = new Server();
    const applier = new Applier({ client: server, ownerUID: 'ours' });
    await applier.apply([], live(service({}, { uid: 'seven' })));
    await applier.apply([], live(service({}, { ownerReferences: [], uid: 'eight' })));
    await applier.apply([], live(service({}, { deletionTimestamp: 'now', uid: 'nine' })));
    expect(server.calls).toEqual(['delete seven']);
  });

  test('complains of what is refused, and rejects where the API server cannot be reached', async () => {
    const server = new Server();
    const applier = new Applier({ client: server, ownerUID: 'ours' });
    server.failure = new ApiError({ status: 403, reason: 'Forbidden', message: 'a quota is used up' });
    const [complaint] = await applier.apply([wanted], []);
    expect(complaint).toEqual({
      reason: 'ApplyFailed',
      message: 'Service infra/edge could not be applied: a quota is used up',
    });
    for (const status of [0, 429, 500]) {
      server.failure = new ApiError({ status, reason: 'Because', message: 'later' });
      await expect(applier.apply([wanted], [])).rejects.toBe(server.failure);
    }
  });

  test('leaves alone what another made', async () => {
    const server = new Server();
    server.stored = service({}, { ownerReferences: [] });
    const [complaint] = await new Applier({ client: server, ownerUID: 'ours' }).apply([wanted], []);
    expect([complaint?.reason, server.calls]).toEqual(['ObjectNotOurs', ['get']]);
  });
});
