import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, fleetName, openArena, releaseNamespace } from '../src/cluster/arena.ts';
import type { KubernetesObject } from '../src/cluster/kubectl.ts';
import { operatorPods } from '../src/cluster/operator.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

interface Right {
  readonly resource: string;
  readonly names: string;
  readonly verbs: readonly string[];
}

/** What `kubectl auth can-i --list` shows for an account in a namespace. */
async function rights(account: string, namespace: string): Promise<readonly Right[]> {
  const as = `--as=system:serviceaccount:${account}`;
  const groups = ['--as-group=system:serviceaccounts', '--as-group=system:authenticated'];
  const listing = await arena.kubectl.run(['auth', 'can-i', '--list', as, ...groups, '-n', namespace]);
  const lines = listing.trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, resource = '', names = '', verbs = ''] = line.match(/^(\S*)\s+\[.*?\]\s+\[(.*?)\]\s+\[(.*?)\]$/) ?? [];
    return { resource, names, verbs: verbs.split(' ') };
  });
}

function beyond(all: readonly Right[], fresh: readonly Right[]): readonly Right[] {
  const known = new Set(fresh.map((right) => JSON.stringify(right)));
  return all.filter((right) => !known.has(JSON.stringify(right)));
}

test('beyond what every account may, that of the gateways reads the documents of its own fleet and nothing else', async () => {
  const fresh = await rights(`${arenaNamespace}:nobody`, arenaNamespace);
  const account = `${arenaNamespace}:${fleetName}-gateway`;
  const own = beyond(await rights(account, arenaNamespace), fresh);
  expect(own.length).toBeGreaterThan(0);
  for (const { resource, names, verbs } of own) {
    expect(['configmaps', 'secrets']).toContain(resource);
    expect(names.split(' ').every((name) => name.startsWith(`${fleetName}-`))).toBe(true);
    expect(verbs.every((verb) => ['get', 'list', 'watch'].includes(verb))).toBe(true);
  }
  expect(beyond(await rights(account, 'default'), fresh)).toEqual([]);
});

test('the operator has no verb *, and no Secret outside of the namespaces that it was given', async () => {
  const [pod = ''] = await operatorPods(arena);
  const { spec } = await arena.kubectl.get<KubernetesObject & { spec: { serviceAccountName: string } }>(
    'pod',
    releaseNamespace,
    pod,
  );
  const account = `${releaseNamespace}:${spec.serviceAccountName}`;
  for (const namespace of ['default', 'kube-system', arenaNamespace]) {
    const fresh = await rights(`${releaseNamespace}:nobody`, namespace);
    const own = beyond(await rights(account, namespace), fresh);
    expect(own.filter(({ verbs }) => verbs.includes('*'))).toEqual([]);
    const secrets = own.filter(({ resource }) => resource === 'secrets' || resource === '*');
    if (namespace !== arenaNamespace) expect(secrets).toEqual([]);
  }
});
