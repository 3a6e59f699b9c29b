import { readFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { readObjects, rendered } from '../src/helm.ts';
import type { Rendered } from '../src/kustomize.ts';
import { helm } from './support/helm.ts';

jest.setTimeout(60_000);

const root = new URL('../../', import.meta.url);

async function read(path: string): Promise<readonly Rendered[]> {
  return readObjects(await readFile(new URL(`deploy/${path}`, root), 'utf8'));
}

/** The value at a path of an object's specification. */
function at(object: Rendered | undefined, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], object?.['spec']);
}

describe('the examples for Argo CD', () => {
  test('give the chart values that it takes', async () => {
    const [evergate] = await read('argocd/apps/evergate.yaml');
    const values = at(evergate, 'source.helm.valuesObject') as Readonly<Record<string, unknown>>;
    expect((await rendered(helm(), values)).map(({ kind }) => kind)).toContain('PrometheusRule');
  });

  test('bring the operator before routes, and ignore what an autoscaler sets', async () => {
    const [[evergate], [shop]] = [await read('argocd/apps/evergate.yaml'), await read('argocd/apps/shop.yaml')];
    const waves = [evergate, shop].map((app) => Number(app?.metadata.annotations?.['argocd.argoproj.io/sync-wave']));
    expect(waves).toEqual([0, 1]);
    expect(JSON.stringify(at(shop, 'ignoreDifferences'))).toContain('/spec/replicas');
  });

  test('name folders that are there', async () => {
    for (const file of ['argocd/apps/evergate.yaml', 'argocd/apps/shop.yaml', 'argocd/apps.yaml']) {
      const [app] = await read(file);
      await expect(readFile(new URL(String(at(app, 'source.path')), root))).rejects.toMatchObject({ code: 'EISDIR' });
    }
  });
});

describe('the examples for Flux', () => {
  test('give the chart values that it takes, and run its test', async () => {
    const [release] = await read('flux/operator/release.yaml');
    const values = at(release, 'values') as Readonly<Record<string, unknown>>;
    expect((await rendered(helm(), values)).map(({ kind }) => kind)).toContain('PrometheusRule');
    expect(at(release, 'test.enable')).toBe(true);
  });

  test('bring the operator before routes, from folders that are there', async () => {
    const [evergate, shop] = await read('flux/kustomizations.yaml');
    expect(at(shop, 'dependsOn')).toEqual([{ name: evergate?.metadata.name }]);
    for (const kustomization of [evergate, shop]) {
      const folder = String(at(kustomization, 'path')).slice(2);
      await expect(readFile(new URL(folder, root))).rejects.toMatchObject({ code: 'EISDIR' });
    }
  });
});
