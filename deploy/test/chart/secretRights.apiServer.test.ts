import type { ApiClient } from '@evergate/operator/kube/apiClient';
import type { KubeObject } from '@evergate/operator/kube/kubeObject';
import {
  apiVersionOf,
  gatewayFleets,
  gatewayRoutes,
  namespaces,
  type Resource,
  secrets,
} from '@evergate/operator/kube/resource';
import { accountToken, statusFor } from '@evergate/operator/test/support/accountToken';
import { ApiServer } from '@evergate/operator/test/support/apiServer';
import { reasonOf } from '@evergate/operator/test/support/conditions';
import { eventually } from '@evergate/operator/test/support/eventually';
import { OperatorProcess } from '@evergate/operator/test/support/operatorProcess';
import { finished } from '@evergate/operator/test/support/programs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chart } from '../../src/helm.ts';
import { helm } from '../support/helm.ts';

const home = 'evergate-system';
const granted = 'shop';
const other = 'private';

let server: ApiServer;
let client: ApiClient;
let operator: OperatorProcess | undefined;

beforeAll(async () => {
  server = await ApiServer.start();
  client = await server.client();
}, 180_000);

afterAll(async () => {
  await operator?.stop();
  await client?.close();
  await server?.stop();
}, 60_000);

async function install(): Promise<void> {
  const { server: address, caFile, token } = server.access;
  const access = ['--kube-apiserver', address, '--kube-ca-file', caFile, '--kube-token', token];
  const values = ['--set', `secretNamespaces={${home},${granted}}`];
  const args = ['install', 'evergate', chart, '--namespace', home, '--create-namespace', ...values, ...access];
  const { code, stderr } = await finished(helm(), args, { KUBECONFIG: '/dev/null' });
  if (code !== 0) throw new Error(stderr);
}

function apply(resource: Resource, namespace: string, name: string, fields: object): Promise<KubeObject> {
  const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name, namespace }, ...fields };
  return client.apply(resource, object, { fieldManager: 'test', force: true });
}

/** As the operator's pods have one. */
async function tokenOfOperator(): Promise<string> {
  const bound = await apply(secrets, home, 'bound', {});
  return accountToken(
    server.access,
    { namespace: home, name: 'evergate' },
    {
      name: 'bound',
      uid: bound.metadata.uid ?? '',
    },
  );
}

async function applyRoute(namespace: string): Promise<void> {
  await apply(secrets, namespace, 'keys', { stringData: { ada: 'correct-horse-battery' } });
  const auth = { anyOf: [{ type: 'APIKey', apiKey: { secretRefs: [{ name: 'keys' }] } }] };
  const filters = [{ type: 'DirectResponse', directResponse: { statusCode: 200 } }];
  const rule = { matches: [{ path: { value: `/${namespace}` } }], filters, auth };
  await apply(gatewayRoutes, namespace, 'route', {
    spec: { parentRefs: [{ name: 'edge', namespace: home }], rules: [rule] },
  });
}

async function reasonFor(namespace: string): Promise<string | undefined> {
  return reasonOf(await client.get(gatewayRoutes, { namespace, name: 'route' }), 'ResolvedRefs');
}

test('an operator with the rights of the chart reads Secrets where it was told to, and can nowhere else', async () => {
  for (const name of [granted, other]) {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await install();
  const token = await tokenOfOperator();
  const listeners = [{ name: 'http', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }];
  await eventually('the kinds are served', () =>
    apply(gatewayFleets, home, 'edge', { spec: { listeners } }).then(
      () => true,
      () => false,
    ),
  );
  for (const namespace of [granted, other]) await applyRoute(namespace);
  const env = { EVERGATE_OPERATOR_SECRET_NAMESPACES: `${home},${granted}` };
  operator = await OperatorProcess.start({ ...server.access, token }, home, env);

  await eventually('the Secret is read', async () => (await reasonFor(granted)) === 'ResolvedRefs');
  await eventually('the other is not', async () => (await reasonFor(other)) === 'SecretNotPermitted');
  const lists = [home, granted, other].map((namespace) => `/api/v1/namespaces/${namespace}/secrets`);
  const answers = await Promise.all([...lists, '/api/v1/secrets'].map((path) => statusFor(server.access, token, path)));
  expect(answers).toEqual([200, 200, 403, 403]);
}, 180_000);
