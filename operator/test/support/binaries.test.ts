import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Environment, findBinaries } from './binaries.ts';
import { provideBinaries } from './provideBinaries.ts';

describe('the programs of a control plane', () => {
  let root: string;
  let env: Environment;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'evergate-binaries-'));
    env = {
      KUBEBUILDER_ASSETS: join(root, 'assets'),
      PATH: join(root, 'path'),
      CLUSTER_STATE: join(root, 'cluster'),
      XDG_CACHE_HOME: join(root, 'cache'),
    };
  });
  afterEach(() => rm(root, { recursive: true }));

  async function place(folder: string, names: readonly string[]): Promise<void> {
    await mkdir(join(root, folder), { recursive: true });
    for (const name of names) {
      await writeFile(join(root, folder, name), '');
      await chmod(join(root, folder, name), 0o755);
    }
  }

  test('are looked for in one folder after the other', async () => {
    const found = () => findBinaries(env)?.etcd;
    expect(found()).toBeUndefined();
    for (const folder of ['cache/evergate/bin', 'cluster/bin', 'path', 'assets']) {
      await place(folder, ['etcd', 'kube-apiserver']);
      expect(found()).toBe(join(root, folder, 'etcd'));
    }
  });

  test('come from one folder, and the controller manager may be missing', async () => {
    await place('assets', ['etcd']);
    await place('path', ['etcd', 'kube-apiserver']);
    expect(findBinaries(env)).toEqual({
      etcd: join(root, 'path', 'etcd'),
      apiServer: join(root, 'path', 'kube-apiserver'),
      controllerManager: undefined,
    });
  });

  test('that cannot be had are an error that says what to install', async () => {
    await expect(provideBinaries(env, () => {})).rejects.toThrow(/setup-envtest.*\n.*install Go/);
  });
});
