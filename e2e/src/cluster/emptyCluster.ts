import { type Arena, arenaNamespace, installNamespace } from './arena.ts';
import { eventually } from './eventually.ts';
import { namespaceObject } from './instruments.ts';
import type { Kubectl, KubernetesObject } from './kubectl.ts';
import { removeRelease } from './release.ts';

const GONE_MS = 180_000;
/** What the chart makes, and what the operator makes. */
const labels = ['app.kubernetes.io/part-of=evergate', 'evergate.dev/fleet'];
export const kinds: readonly string[] = ['backendpolicies', 'gatewayfleets', 'gatewayroutes'].map(
  (plural) => `${plural}.evergate.dev`,
);

/** Removes every release of the tests, and the kinds with everything of them; resolves when nothing of Evergate is left. */
export async function emptyCluster(arena: Arena): Promise<void> {
  const { kubectl } = arena;
  await removeRelease(kubectl);
  await removeRelease(kubectl, installNamespace);
  await kubectl.run(['delete', 'crd', '--ignore-not-found', '--timeout=120s', ...kinds]);
  await kubectl.delete([namespaceObject(installNamespace)]);
  await nothingLeft(kubectl, [arenaNamespace]);
}

/**
 * Removes what a test that was cut short left of an installation in the namespace for installations. The kinds too, if they are that one's:
 * no other release could have them.
 */
export async function removeInstallation(kubectl: Kubectl): Promise<void> {
  await removeRelease(kubectl, installNamespace);
  const { items } = await kubectl.json<{ items: readonly KubernetesObject[] }>(['get', 'crd', '--output', 'json']);
  const left = items.filter(({ metadata: { name, annotations = {} } }) => {
    return kinds.includes(name) && annotations['meta.helm.sh/release-namespace'] === installNamespace;
  });
  if (left.length > 0) await kubectl.run(['delete', 'crd', ...left.map(({ metadata }) => metadata.name)]);
}

/** The kinds that are installed. */
export async function installedKinds({ kubectl }: Arena): Promise<readonly string[]> {
  const listed = await kubectl.run(['get', 'crd', '--output', 'name']);
  return kinds.filter((kind) => listed.includes(`/${kind}\n`));
}

/** Resolves when nothing is left that bears a label of ours: nothing of the cluster itself, and nothing in these namespaces. */
export async function nothingLeft(kubectl: Kubectl, namespaces: readonly string[]): Promise<void> {
  const places: readonly Place[] = [
    { namespaced: false, where: [] },
    ...namespaces.map((namespace) => ({ namespaced: true, where: ['-n', namespace] })),
  ];
  await eventually(GONE_MS, 'everything of Evergate to go', async () => {
    const left: string[] = [];
    for (const { namespaced, where } of places) {
      for (const label of labels) left.push(...(await listed(kubectl, { namespaced, where: [...where, '-l', label] })));
    }
    if (left.length > 0) throw new Error(`there still is ${left.slice(0, 20).join(', ')}`);
    return true;
  });
}

/** What a namespace has beyond that which every namespace has, by `kind/name`. Events tell of what is gone. */
export async function contents(kubectl: Kubectl, namespace: string): Promise<readonly string[]> {
  const everywhere = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];
  const all = await listed(kubectl, { namespaced: true, where: ['-n', namespace] });
  return all.filter((name) => !everywhere.includes(name) && !/^event(\.events\.k8s\.io)?\//.test(name));
}

interface Place {
  /** Of namespaces, or of the cluster itself. */
  readonly namespaced: boolean;
  readonly where: readonly string[];
}

/** Everything that can be listed there, by `kind/name`. */
async function listed(kubectl: Kubectl, { namespaced, where }: Place): Promise<readonly string[]> {
  const resources = ['api-resources', '--verbs=list,delete', `--namespaced=${namespaced}`, '--output', 'name'];
  const names = (await kubectl.run(resources)).trim().split('\n').join(',');
  const found = await kubectl.run(['get', names, '--ignore-not-found', '--output', 'name', ...where]);
  return found.split('\n').filter((name) => name !== '');
}
