import { type Arena, arenaNamespace } from './arena.ts';
import { eventually } from './eventually.ts';
import type { Kubectl } from './kubectl.ts';
import { removeRelease } from './release.ts';

const GONE_MS = 180_000;
const LABEL = 'app.kubernetes.io/part-of=evergate';
export const kinds: readonly string[] = ['backendpolicies', 'gatewayfleets', 'gatewayroutes'].map(
  (plural) => `${plural}.evergate.dev`,
);

/** Removes the release of the tests, and the kinds with everything of them; resolves when nothing of Evergate is left. */
export async function emptyCluster(arena: Arena): Promise<void> {
  const { kubectl } = arena;
  await removeRelease(kubectl);
  await kubectl.run(['delete', 'crd', '--ignore-not-found', '--timeout=120s', ...kinds]);
  await nothingLeft(kubectl, [arenaNamespace]);
}

/** The kinds that are installed. */
export async function installedKinds({ kubectl }: Arena): Promise<readonly string[]> {
  const listed = await kubectl.run(['get', 'crd', '--output', 'name']);
  return kinds.filter((kind) => listed.includes(`/${kind}\n`));
}

/** Resolves when nothing is left that bears our label: nothing at all of the cluster, and nothing in these namespaces. */
export async function nothingLeft(kubectl: Kubectl, namespaces: readonly string[]): Promise<void> {
  await eventually(GONE_MS, `everything labelled ${LABEL} to go`, async () => {
    const left = [await listed(kubectl, 'false', ['-l', LABEL])];
    for (const namespace of namespaces) left.push(await listed(kubectl, 'true', ['-n', namespace, '-l', LABEL]));
    if (left.flat().length > 0) throw new Error(`there still is ${left.flat().slice(0, 20).join(', ')}`);
    return true;
  });
}

/** What a namespace has beyond that which every namespace has, by `kind/name`. Events tell of what is gone. */
export async function contents(kubectl: Kubectl, namespace: string): Promise<readonly string[]> {
  const everywhere = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];
  const all = await listed(kubectl, 'true', ['-n', namespace]);
  return all.filter((name) => !everywhere.includes(name) && !/^event(\.events\.k8s\.io)?\//.test(name));
}

/** Everything that can be listed, of the cluster or of namespaces. */
async function listed(kubectl: Kubectl, namespaced: 'true' | 'false', where: readonly string[]): Promise<string[]> {
  const resources = await kubectl.run([
    'api-resources',
    '--verbs=list,delete',
    `--namespaced=${namespaced}`,
    '-o',
    'name',
  ]);
  const names = resources.trim().split('\n').join(',');
  const found = await kubectl.run(['get', names, '--ignore-not-found', '--output', 'name', ...where]);
  return found.split('\n').filter((name) => name !== '');
}
