import { basename } from 'node:path';
import type { ApiClient } from '@evergate/operator/kube/apiClient';
import type { KubeObject } from '@evergate/operator/kube/kubeObject';
import { customResourceDefinitions, deployments, gatewayRoutes, type Resource } from '@evergate/operator/kube/resource';
import { ApiServer } from '@evergate/operator/test/support/apiServer';
import { eventually } from '@evergate/operator/test/support/eventually';
import { finished } from '@evergate/operator/test/support/programs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chart } from '../../src/helm.ts';
import { helms } from '../support/helm.ts';

const namespace = 'evergate-system';
const name = 'evergate';

let server: ApiServer;
let client: ApiClient;

beforeAll(async () => {
  server = await ApiServer.start();
  client = await server.client();
}, 180_000);

afterAll(async () => {
  await client?.close();
  await server?.stop();
}, 60_000);

async function run(helm: string, ...args: readonly string[]): Promise<string> {
  const { server: address, caFile, token } = server.access;
  const access = ['--kube-apiserver', address, '--kube-ca-file', caFile, '--kube-token', token];
  // Helm 3 looks for a cluster's own configuration first, and there is none here.
  const env = { KUBECONFIG: '/dev/null' };
  const { code, stdout, stderr } = await finished(helm, [...args, '--namespace', namespace, ...access], env);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return stdout;
}

function found(resource: Resource, of: string, inNamespace?: string): Promise<KubeObject | undefined> {
  const where = inNamespace === undefined ? { name: of } : { name: of, namespace: inNamespace };
  return client.get(resource, where).then(
    (object) => object,
    () => undefined,
  );
}

async function replicas(): Promise<unknown> {
  const deployment = (await client.get(deployments, { name, namespace })) as { spec?: { replicas?: number } };
  return deployment.spec?.replicas;
}

async function applyRoute(): Promise<void> {
  const spec = { rules: [{ backendRefs: [{ name: 'orders', port: 80 }] }] };
  const route = {
    apiVersion: 'evergate.dev/v1alpha1',
    kind: 'GatewayRoute',
    metadata: { name: 'orders', namespace },
    spec,
  };
  await client.apply(gatewayRoutes, route, { fieldManager: 'test', force: true });
}

describe.each(helms().map((path) => [basename(path), path] as const))('%s on a real API server', (_, helm) => {
  test('installs, upgrades, rolls back, and uninstalls all but kinds and routes', async () => {
    await run(helm, 'install', name, chart, '--create-namespace');
    await eventually('routes can be applied', () =>
      applyRoute().then(
        () => true,
        () => false,
      ),
    );
    expect(await replicas()).toBe(2);

    await run(helm, 'upgrade', name, chart, '--set', 'replicas=3,networkPolicy.enabled=true');
    expect(await replicas()).toBe(3);
    await run(helm, 'rollback', name, '1');
    expect(await replicas()).toBe(2);

    await run(helm, 'uninstall', name);
    expect(await found(deployments, name, namespace)).toBeUndefined();
    expect(await found(customResourceDefinitions, 'gatewayroutes.evergate.dev')).toBeDefined();
    expect(await found(gatewayRoutes, 'orders', namespace)).toBeDefined();
  }, 180_000);

  test('installs over kinds that were kept, and takes them along where they are not to be', async () => {
    await run(helm, 'install', name, chart, '--create-namespace', '--set', 'crds.keep=false');
    await run(helm, 'uninstall', name);
    await eventually(
      'the kinds are gone',
      async () => (await found(customResourceDefinitions, 'gatewayroutes.evergate.dev')) === undefined,
    );
  }, 180_000);
});
