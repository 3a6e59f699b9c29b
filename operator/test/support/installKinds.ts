import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { systemClock, wait } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { customResourceDefinitions, referenceGrants } from '../../src/kube/resource.ts';

const folder = new URL('../../../crds/', import.meta.url);
const LIMIT_MS = 30_000;

/** Installs our CustomResourceDefinitions, and resolves when each is served. */
export async function installKinds(client: ApiClient): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  for (const file of files) {
    const definition = parse(await readFile(new URL(file, folder), 'utf8')) as KubeObject;
    await client.apply(customResourceDefinitions, definition, { fieldManager: 'test', force: true });
    await established(client, definition.metadata.name);
  }
}

async function established(client: ApiClient, name: string): Promise<void> {
  const endsAt = performance.now() + LIMIT_MS;
  for (;;) {
    const { status } = (await client.get(customResourceDefinitions, { name })) as { status?: Status };
    if (status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')) return;
    if (performance.now() > endsAt) throw new Error(`${name} is not established: ${JSON.stringify(status)}`);
    await wait(systemClock, 25);
  }
}

interface Status {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** Gateway API's ReferenceGrant, with a schema that takes anything: not every cluster has it, nor has ours before this. */
export async function installReferenceGrants(client: ApiClient): Promise<void> {
  const { group, version, kind, plural } = referenceGrants;
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
  await client.apply(customResourceDefinitions, definition, { fieldManager: 'test', force: true });
  await established(client, definition.metadata.name);
}
