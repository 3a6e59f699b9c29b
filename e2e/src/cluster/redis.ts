import { fileURLToPath } from 'node:url';
import type { Arena } from './arena.ts';
import { eventually } from './eventually.ts';
import { loadImages } from './images.ts';
import type { KubernetesObject } from './kubectl.ts';
import { buildRedisImage } from './redisImage.ts';

const example = fileURLToPath(new URL('../../../examples/redis-ha', import.meta.url));
const SETTLE_MS = 120_000;
const MEMBERS = 3;
const GROUP = 999;
const disks = '/var/lib/evergate-e2e-redis';

/** Where the example of Redis with Sentinels is. */
export const redisNamespace = 'evergate-e2e-redis';
/** What the Sentinels call the primary. */
export const primaryName = 'state';
export const sentinelEndpoints: readonly object[] = Array.from({ length: MEMBERS }, (_, number) => {
  return { host: `redis-${number}.redis.${redisNamespace}.svc`, port: 26_379 };
});

interface StatefulSet extends KubernetesObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly object[] } };
    readonly volumeClaimTemplates: readonly { readonly spec: object }[];
  };
}

/** Pods must keep to the strictest of the standards here. */
const namespaceObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: redisNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

/** Applies the example, with an image and disks that the cluster has; resolves once a primary and two replicas are ready. */
export async function installRedis(arena: Arena): Promise<void> {
  const { kubectl, cluster } = arena;
  const image = await buildRedisImage();
  await loadImages(cluster, [image]);
  await removeRedis(arena);
  await kubectl.apply([namespaceObject, ...(await makeDisks(arena))]);
  const read = ['apply', '--dry-run=client', '--output', 'json', '--filename', example];
  const { items } = await kubectl.json<{ items: readonly KubernetesObject[] }>([...read, '-n', redisNamespace]);
  await kubectl.apply(items.map((item) => (item.kind === 'StatefulSet' ? adapted(item as StatefulSet, image) : item)));
  await redisSettled(arena);
}

export async function removeRedis(arena: Arena): Promise<void> {
  const nodes = await workers(arena);
  await arena.kubectl.delete([namespaceObject, ...nodes.map(diskOf)]);
  for (const [number, node] of nodes.entries()) await arena.nodes.removeFolder(node, folderOf(number));
}

function adapted(set: StatefulSet, image: string): object {
  const { template, volumeClaimTemplates } = set.spec;
  const containers = template.spec.containers.map((container) => ({ ...container, image }));
  const claims = volumeClaimTemplates.map((claim) => {
    return { ...claim, spec: { ...claim.spec, storageClassName: redisNamespace } };
  });
  const spec = { ...template.spec, containers };
  return { ...set, spec: { ...set.spec, template: { ...template, spec }, volumeClaimTemplates: claims } };
}

/** A folder of a node for each member, as disks that stay where they are. */
async function makeDisks(arena: Arena): Promise<readonly object[]> {
  const nodes = await workers(arena);
  for (const [number, node] of nodes.entries()) await arena.nodes.emptyFolder(node, folderOf(number), GROUP);
  return nodes.map(diskOf);
}

/** One for each member, in turns; without the control plane, where pods may not be. */
async function workers({ kubectl }: Arena): Promise<readonly string[]> {
  const { items } = await kubectl.json<{ items: readonly KubernetesObject[] }>(['get', 'nodes', '--output', 'json']);
  const names = items.map(({ metadata }) => metadata).filter(({ labels }) => labels?.[controlPlane] === undefined);
  return Array.from({ length: MEMBERS }, (_, number) => names[number % names.length]?.name ?? '');
}

const controlPlane = 'node-role.kubernetes.io/control-plane';

function folderOf(number: number): string {
  return `${disks}/${number}`;
}

function diskOf(node: string, number: number): object {
  const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${redisNamespace}-${number}` },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: redisNamespace,
      local: { path: folderOf(number) },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
    },
  };
}

/** Resolves when a primary and two replicas that follow it are ready. */
export async function redisSettled({ kubectl }: Arena): Promise<void> {
  const status = ['rollout', 'status', 'statefulset/redis', `--timeout=${SETTLE_MS / 1_000}s`];
  await kubectl.run(['-n', redisNamespace, ...status]);
}

/** The pod that is the primary, as one Sentinel has it. */
export async function primaryPod(arena: Arena, asked: string = 'redis-0'): Promise<string> {
  const question = ['redis-cli', '-p', '26379', 'sentinel', 'get-master-addr-by-name', primaryName];
  const answer = await inRedis(arena, asked, 'sentinel', question);
  const [, pod] = answer.match(/^(redis-\d)\./) ?? [];
  if (pod === undefined) throw new Error(`the Sentinel of ${asked} answers ${answer}`);
  return pod;
}

/** A command to the primary. */
export async function redisCommand(arena: Arena, ...words: readonly string[]): Promise<string> {
  return inRedis(arena, await primaryPod(arena), 'redis', ['redis-cli', ...words]);
}

/** Its processes are killed, and the pod is deleted; another takes its name. Resolves with the name. */
export async function killPrimary(arena: Arena): Promise<string> {
  const pod = await primaryPod(arena);
  const containers = ['redis', 'sentinel'].map((container) => arena.nodes.find(redisNamespace, pod, container));
  for (const container of await Promise.all(containers)) await arena.nodes.kill(container);
  await arena.kubectl.run(['-n', redisNamespace, 'delete', 'pod', pod, '--force', '--grace-period=0']);
  return pod;
}

/** Resolves when as many pods are there and ready, and no other is left. */
export async function scaleRedis(arena: Arena, replicas: number): Promise<void> {
  const { kubectl } = arena;
  await kubectl.run(['-n', redisNamespace, 'scale', 'statefulset/redis', `--replicas=${replicas}`]);
  await redisSettled(arena);
  await eventually(SETTLE_MS, `${replicas} pods of Redis`, async () => {
    return (await kubectl.list('pods', redisNamespace)).length === replicas;
  });
}

function inRedis({ kubectl }: Arena, pod: string, container: string, words: readonly string[]): Promise<string> {
  return kubectl.run(['-n', redisNamespace, 'exec', pod, '-c', container, '--', ...words]);
}
