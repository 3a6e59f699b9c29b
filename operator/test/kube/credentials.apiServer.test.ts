import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { clientFromKubeConfig, credentialsOf, tokenFromFile } from '../../src/kube/credentials.ts';
import { namespaces } from '../../src/kube/resource.ts';
import { kubeconfig } from '../support/apiServer.ts';
import { ManualClock } from '../support/manualClock.ts';
import { sharedAccess } from '../support/sharedApiServer.ts';

describe('credentials', () => {
  let folder: string;
  let client: ApiClient | undefined;
  const { KUBECONFIG } = process.env;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergate-credentials-'));
    client = undefined;
  });
  afterEach(async () => {
    if (KUBECONFIG === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = KUBECONFIG;
    await client?.close();
    await rm(folder, { recursive: true });
  });

  test('of the kubeconfig that KUBECONFIG names reach its API server', async () => {
    const file = join(folder, 'config');
    await writeFile(file, await kubeconfig(sharedAccess()));
    process.env['KUBECONFIG'] = file;
    client = await clientFromKubeConfig();
    expect(await client.get(namespaces, { name: 'default' })).toMatchObject({ kind: 'Namespace' });
  });

  test('without the right certificate authority reach nothing', async () => {
    const { server, token } = sharedAccess();
    client = new ApiClient({ server, token: () => token });
    await expect(client.create(namespaces, { metadata: { name: 'a' } })).rejects.toMatchObject({
      reason: 'Unreachable',
    });
  });

  test('of a pod are read from its files, and its token again when it was renewed', async () => {
    const { server, caFile, token } = sharedAccess();
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'in', server, caFile, skipTLSVerify: false }],
      users: [{ name: 'in', authProvider: { name: 'tokenFile', config: { tokenFile } } }],
      contexts: [{ name: 'in', cluster: 'in', user: 'in' }],
      currentContext: 'in',
    });
    const clock = new ManualClock();
    client = new ApiClient({ ...(await credentialsOf(config, clock)) });
    await expect(client.get(namespaces, { name: 'default' })).rejects.toMatchObject({ reason: 'Unauthorized' });
    await writeFile(tokenFile, `${token}\n`);
    clock.advance(10_000);
    expect(await client.get(namespaces, { name: 'default' })).toMatchObject({ kind: 'Namespace' });
  });

  test('keep the last token while its file cannot be read', async () => {
    const file = join(folder, 'token');
    const clock = new ManualClock();
    const token = tokenFromFile(file, clock);
    await expect(token()).rejects.toThrow('ENOENT');
    await writeFile(file, 'one');
    expect(await token()).toBe('one');
    await rm(file);
    clock.advance(60_000);
    expect(await token()).toBe('one');
  });
});
