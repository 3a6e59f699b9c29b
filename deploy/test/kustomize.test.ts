import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findProgram, finished } from '@evergate/operator/test/support/programs';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { chartOutput, readObjects, rendered } from '../src/helm.ts';
import { type ChartOutput, keyOf, kustomizeFiles, type Rendered, withoutHelm } from '../src/kustomize.ts';
import { helm } from './support/helm.ts';

jest.setTimeout(120_000);

const root = new URL('../../', import.meta.url);
const remedy =
  'This test needs kubectl, which has kustomize inside, or kustomize itself, on the PATH or in KUBEBUILDER_ASSETS';

/** What Kustomize makes of a folder below deploy/kustomize. */
async function built(folder: string): Promise<readonly Rendered[]> {
  const kustomize = findProgram('kustomize');
  const kubectl = findProgram('kubectl');
  if (kustomize === undefined && kubectl === undefined) throw new Error(remedy);
  const path = fileURLToPath(new URL(`deploy/kustomize/${folder}`, root));
  const { code, stdout, stderr } = await (kustomize === undefined
    ? finished(kubectl as string, ['kustomize', path])
    : finished(kustomize, ['build', path]));
  if (code !== 0) throw new Error(stderr);
  return readObjects(stdout);
}

function byKey(objects: readonly Rendered[]): Readonly<Record<string, Rendered>> {
  return Object.fromEntries(objects.map((object) => [keyOf(object), object]));
}

let output: ChartOutput;
beforeAll(async () => {
  output = await chartOutput(helm());
});

test('the files are as `make kustomize` writes them', async () => {
  for (const { path, content } of kustomizeFiles(output)) {
    expect(`${path}\n${await readFile(new URL(path, root), 'utf8')}`).toBe(`${path}\n${content}`);
  }
});

describe('Kustomize', () => {
  test('makes of the base what the chart makes by default, and the namespace', async () => {
    const base = byKey(await built('base'));
    const { 'Namespace /evergate-system': namespace, ...others } = base;
    expect(namespace?.metadata.labels).toEqual({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const kinds = output.plain.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(kinds).toHaveLength(3);
    for (const kind of kinds) expect(others[keyOf(kind)]?.['spec']).toEqual(kind['spec']);
    const ofOperator = Object.fromEntries(Object.entries(others).filter(([key]) => !/^CustomResource/.test(key)));
    expect(ofOperator).toEqual(byKey(output.plain.flatMap((object) => withoutHelm(object) ?? [])));
  });

  test('makes of the example what the chart makes with the same settings', async () => {
    const values = {
      replicas: 3,
      'image.repository': 'registry.example.com/evergate/operator',
      'gatewayImage.repository': 'registry.example.com/evergate/gateway',
      'networkPolicy.enabled': true,
      'monitoring.serviceMonitor.enabled': true,
      'monitoring.podMonitor.enabled': true,
      'monitoring.prometheusRule.enabled': true,
      'monitoring.dashboards.enabled': true,
    };
    const expected = byKey((await rendered(helm(), values)).flatMap((object) => withoutHelm(object) ?? []));
    const example = Object.entries(byKey(await built('example')));
    const found = example.filter(([key]) => !/^(CustomResource|Namespace )/.test(key));
    expect(Object.fromEntries(found.map(([key, object]) => [key, sorted(object)]))).toEqual(
      Object.fromEntries(Object.entries(expected).map(([key, object]) => [key, sorted(object)])),
    );
  });
});

/** A patch may put the variables of a container in another order. */
function sorted(object: Rendered): unknown {
  return JSON.parse(JSON.stringify(object), (key, value) =>
    key === 'env' ? value.toSorted((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)) : value,
  );
}
