import { createHmac } from 'node:crypto';
import { fleetKeyId, type SecretEntry, type SecretsPart } from '@evergate/contract/secrets';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import type { Selection } from '../../src/kube/objectList.ts';
import { configMaps, gatewayFleets, gatewayRoutes, type Resource, secrets } from '../../src/kube/resource.ts';
import { conditionOf, messageOf, reasonOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { metric, OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
});

afterEach(() => cluster.close());

const apiKey = { type: 'APIKey', apiKey: { secretRefs: [{ name: 'keys' }] } };
const basic = { type: 'Basic', basic: { secretRefs: [{ name: 'users' }] } };
const keyServer = { backendRef: { name: 'orders', port: 80 }, tls: { secretRef: { name: 'authority' } } };
const jwt = { type: 'JWT', jwt: { jwks: { type: 'Backend', backend: keyServer } } };
const HASH = '$2b$04$abcdefghijklmnopqrstuuhiTVLHQPvYzPykOsCOnc5I00eOfh33K';

function guarded(anyOf: readonly object[], path = '/api'): object {
  const rule = { name: 'all', matches: [{ path: { value: path } }], backendRefs: [{ name: 'orders', port: 80 }] };
  return { rules: [{ ...rule, auth: { anyOf } }] };
}

function secret(name: string, stringData: object, type = 'Opaque') {
  return cluster.apply(secrets, name, { type, stringData });
}

/** What gateways are told of secrets. */
async function entries(): Promise<ReadonlyMap<string, SecretEntry['data']>> {
  const object = await cluster.get(secrets, 'edge-secrets').catch(() => undefined);
  const data = (object?.['data'] as Record<string, string> | undefined)?.['secrets.json'];
  if (data === undefined) return new Map();
  const index = JSON.parse(Buffer.from(data, 'base64').toString()) as { readonly parts: readonly { inline: string }[] };
  const parts = index.parts.map(({ inline }) => JSON.parse(inline) as SecretsPart);
  return new Map(parts.flatMap((part) => part.secrets.map(({ id, data: values }) => [id, values])));
}

async function fleetKey(): Promise<string | undefined> {
  return (await entries()).get(fleetKeyId)?.['key'];
}

/** As gateways see the key `key` of a client. */
async function digestOf(key: string): Promise<string> {
  return createHmac('sha256', Buffer.from((await fleetKey()) ?? '', 'base64'))
    .update(key)
    .digest('base64url');
}

function idOf(name: string, use: string): string {
  return `${cluster.namespace}/${name}/${use}`;
}

/** Everything that is not a Secret, as anybody may read it, and what was logged. */
async function inTheOpen(): Promise<string> {
  const kinds = [configMaps, gatewayRoutes, gatewayFleets];
  return JSON.stringify([await Promise.all(kinds.map((kind) => cluster.list(kind))), cluster.log]);
}

/** A client that gets no list of the Secrets that others made, while `isForbidden`. */
function withoutSecrets(isForbidden: () => boolean): (client: ApiClient) => ApiClient {
  return (client) =>
    new Proxy(client, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const [resource, selection] = args as [Resource?, Selection?];
          const isTheirs =
            name === 'listAll' && resource?.plural === 'secrets' && selection?.fieldSelector !== undefined;
          if (!isTheirs || !isForbidden()) return Reflect.apply(value, target, args);
          throw new ApiError({ status: 403, reason: 'Forbidden', message: 'secrets is forbidden' });
        };
      },
    });
}

describe('Secrets that fleets and routes name', () => {
  test('reach the gateways when they come, change and go, without a word of them elsewhere', async () => {
    await cluster.start();
    await cluster.service('orders');
    await cluster.fleet('edge', {
      redis: {
        mode: 'Standalone',
        endpoints: [{ host: 'redis', port: 6379 }],
        credentials: { secretRef: { name: 'redis' } },
      },
    });
    await cluster.route('shop', '/api', 'orders', guarded([apiKey, basic, jwt]));
    const closed = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotFound',
    );
    expect(messageOf(closed, 'ResolvedRefs')).toContain(`${cluster.namespace}/keys does not exist`);

    await secret('redis', { username: 'gateway', password: 'open-sesame', unused: 'never-told' });
    await secret('keys', { ada: 'correct-horse-battery', bob: 'first-key-of-bob' });
    await secret('users', { auth: `ada:${HASH}\n` });
    await secret('authority', { 'ca.crt': 'a certificate' });
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'ResolvedRefs');
    await eventually('gateways know all of it', async () => (await entries()).size === 5);
    const key = await fleetKey();
    expect(Buffer.from(key ?? '', 'base64')).toHaveLength(32);
    expect((await entries()).get(idOf('redis', 'redis'))).toEqual({ username: 'gateway', password: 'open-sesame' });
    expect((await entries()).get(idOf('users', 'users'))).toEqual({ ada: HASH });
    expect((await entries()).get(idOf('authority', 'ca'))).toEqual({ 'ca.crt': 'a certificate' });
    expect((await entries()).get(idOf('keys', 'keys'))).toEqual({
      [await digestOf('correct-horse-battery')]: 'ada',
      [await digestOf('first-key-of-bob')]: 'bob',
    });

    await secret('keys', { ada: 'correct-horse-battery', bob: 'second-key-of-bob' });
    const rotated = await digestOf('second-key-of-bob');
    await eventually(
      'the new key is known',
      async () => rotated in ((await entries()).get(idOf('keys', 'keys')) ?? {}),
    );
    expect(Object.keys((await entries()).get(idOf('keys', 'keys')) ?? {})).not.toContain(
      await digestOf('first-key-of-bob'),
    );
    expect(await fleetKey()).toBe(key);

    await cluster.delete(secrets, 'keys');
    await cluster.eventually(gatewayRoutes, 'shop', (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotFound');
    await eventually('no key opens anything', async () => !(await entries()).has(idOf('keys', 'keys')));
    const open = await inTheOpen();
    const values = ['open-sesame', 'never-told', 'correct-horse-battery', 'key-of-bob', HASH, key ?? ''];
    expect(values.filter((value) => open.includes(value) || open.includes(btoa(value)))).toEqual([]);
  }, 60_000);

  test('stand in the secrets before a table needs them', async () => {
    await cluster.start();
    await cluster.service('orders');
    await secret('keys', { ada: 'correct-horse-battery' });
    await cluster.fleet('edge');
    await cluster.eventually(configMaps, 'edge-routes', () => true);
    const versions = await cluster.versionsOf(secrets, 'edge-secrets');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    const routes = await cluster.eventually(configMaps, 'edge-routes', (found) =>
      JSON.stringify(found).includes('/api'),
    );
    const holding = await cluster.get(secrets, 'edge-secrets');
    await versions.end();
    const index = JSON.parse(String((routes['data'] as Record<string, string>)['routes.json'])) as {
      readonly needs: { readonly secrets: number };
    };
    const text = Buffer.from((holding['data'] as Record<string, string>)['secrets.json'] ?? '', 'base64').toString();
    expect(index.needs.secrets).toBe((JSON.parse(text) as { readonly sequence: number }).sequence);
    expect(text).toContain('keys/keys');
    expect(Number(holding.metadata.resourceVersion)).toBeLessThan(Number(routes.metadata.resourceVersion));
  }, 60_000);

  test('make a route live when every gateway has them, and not before', async () => {
    await cluster.start();
    await cluster.service('orders');
    await cluster.fleet('edge');
    await cluster.pod('edge', 'edge-1', '10.9.0.1');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotFound' && conditionOf(found, 'Programmed') === 'True',
    );
    const before = await cluster.current();
    cluster.answers.set('10.9.0.1', () => before);
    await secret('keys', { ada: 'correct-horse-battery' });
    const resolved = (found: KubeObject): boolean => reasonOf(found, 'ResolvedRefs') === 'ResolvedRefs';
    const waiting = await cluster.eventually(gatewayRoutes, 'shop', resolved);
    expect([reasonOf(waiting, 'Programmed'), conditionOf(waiting, 'Ready')]).toEqual(['Pending', 'False']);
    cluster.answers.clear();
    await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Ready') === 'True');
  }, 60_000);

  test('are refused in a namespace that the operator was not given', async () => {
    await cluster.start({ secretNamespaces: ['somewhere-else'] });
    await cluster.service('orders');
    await secret('keys', { ada: 'correct-horse-battery' });
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    const refused = await cluster.eventually(
      gatewayRoutes,
      'shop',
      (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotPermitted',
    );
    expect(messageOf(refused, 'ResolvedRefs')).toContain(`add ${cluster.namespace} to secretNamespaces`);
    expect([...(await entries()).keys()]).toEqual([fleetKeyId]);
  }, 60_000);

  test('are of no account where nobody names them', async () => {
    const operator = await cluster.start();
    await cluster.service('orders');
    await secret('keys', { ada: 'correct-horse-battery' });
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    await eventually('the key is known', async () => (await entries()).has(idOf('keys', 'keys')));
    await eventually('all is done', () => operator.load?.fleets === 1 && operator.load.statuses === 0);
    const before = await metric(operator, 'evergate_operator_reconciles_total');
    await secret('unrelated', { some: 'thing' });
    await secret('release', { release: 'x' }, 'helm.sh/release.v1');
    await secret('unrelated', { some: 'thing-else' });
    await cluster.patch(secrets, 'keys', { metadata: { annotations: { note: 'nothing that counts' } } });
    await secret('keys', { ada: 'correct-horse-battery', bob: 'a-key-that-counts' });
    const counted = await digestOf('a-key-that-counts');
    await eventually(
      'the last of them is known',
      async () => counted in ((await entries()).get(idOf('keys', 'keys')) ?? {}),
    );
    await eventually(
      'its turn is over',
      async () => (await metric(operator, 'evergate_operator_reconciles_total')) > before,
    );
    expect(await metric(operator, 'evergate_operator_reconciles_total')).toBe(before + 1);
  }, 60_000);

  test('find the same key of the fleet in the next operator', async () => {
    await cluster.service('orders');
    await secret('keys', { ada: 'correct-horse-battery' });
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    await cluster.start();
    await eventually('the key is known', async () => (await entries()).has(idOf('keys', 'keys')));
    const key = await fleetKey();
    await cluster.stop();
    await cluster.start();
    await cluster.route('more', '/more', 'orders', guarded([apiKey], '/more'));
    await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes('/more/'));
    expect(await fleetKey()).toBe(key);

    await cluster.delete(gatewayRoutes, 'shop');
    await cluster.delete(gatewayRoutes, 'more');
    await eventually('nothing needs a secret', async () => !(await entries()).has(idOf('keys', 'keys')));
    expect(await fleetKey()).toBe(key);
  }, 60_000);

  test('that may not be read against all plans keep what is served, and nobody else waits', async () => {
    await cluster.service('orders');
    await secret('keys', { ada: 'correct-horse-battery' });
    await cluster.fleet('edge');
    await cluster.route('shop', '/api', 'orders', guarded([apiKey]));
    await cluster.start();
    await eventually('the key is known', async () => (await entries()).has(idOf('keys', 'keys')));
    const served = (await entries()).get(idOf('keys', 'keys'));
    await cluster.stop();

    let isForbidden = true;
    const through = withoutSecrets(() => isForbidden);
    await cluster.start({ through });
    await cluster.route('open', '/open', 'orders', guarded([basic], '/open'));
    const waiting = await cluster.eventually(
      gatewayRoutes,
      'open',
      (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotPermitted',
    );
    expect(messageOf(waiting, 'ResolvedRefs')).toContain('could not be read');
    expect((await entries()).get(idOf('keys', 'keys'))).toEqual(served);
    const shop = await cluster.get(gatewayRoutes, 'shop');
    expect(reasonOf(shop, 'ResolvedRefs')).toBe('ResolvedRefs');

    isForbidden = false;
    await cluster.eventually(gatewayRoutes, 'open', (found) => reasonOf(found, 'ResolvedRefs') === 'SecretNotFound');
  }, 90_000);
});
