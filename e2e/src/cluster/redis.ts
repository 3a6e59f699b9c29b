import { fileURLToPath } from 'node:url';
import type { Arena } from './arena.ts';
import { eventually } from './eventually.ts';
import { loadImages } from './images.ts';
import type { KubernetesObject } from './kubectl.ts';
import { buildRedisImage } from './redisImage.ts';

const example = fileURLToPath(new URL('../../../examples/redis-ha', import.meta.url));
const SETTLE_MS = 120_000;
const PROMOTED_MS = 60_000;
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
  // Sentinels on a machine that stood still for two seconds judge nothing for half a minute; where tests run, machines often stand still.
  for (let number = 0; number < MEMBERS; number += 1)
    await inRedis(arena, `redis-${number}`, 'sentinel', sentinelCommand('debug', 'tilt-period', '3000'));
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
  return `${disks}-${number}`;
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
  const answer = await inRedis(arena, asked, 'sentinel', sentinelCommand('get-master-addr-by-name', primaryName));
  const [, pod] = answer.match(/^(redis-\d)\./) ?? [];
  if (pod === undefined) throw new Error(`the Sentinel of ${asked} answers ${answer}`);
  return pod;
}

/** A command to the primary. */
export async function redisCommand(arena: Arena, ...words: readonly string[]): Promise<string> {
  return inRedis(arena, await primaryPod(arena), 'redis', ['redis-cli', ...words]);
}

/** Between which two moments something happened, in milliseconds since the epoch. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/**
 * SIGKILL to what runs in the pod of the primary, again where the kubelet has started it anew before anybody missed it. Resolves when the
 * Sentinels name another, with when they began to.
 */
export async function killPrimary(arena: Arena): Promise<Between> {
  const killed = await primaryPod(arena);
  const witness = killed === 'redis-0' ? 'redis-1' : 'redis-0';
  let from = Date.now();
  return eventually(PROMOTED_MS, 'another primary', async () => {
    const askedAt = Date.now();
    if ((await primaryPod(arena, witness)) !== killed) return { from, to: Date.now() };
    from = askedAt;
    // What is dead already cannot be killed.
    for (const container of ['redis', 'sentinel']) await killIn(arena, killed, container).catch(() => {});
    return false;
  });
}

async function killIn({ nodes }: Arena, pod: string, container: string): Promise<void> {
  await nodes.kill(await nodes.find(redisNamespace, pod, container));
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

function sentinelCommand(...words: readonly string[]): readonly string[] {
  return ['redis-cli', '-p', '26379', 'sentinel', ...words];
}

function inRedis({ kubectl }: Arena, pod: string, container: string, words: readonly string[]): Promise<string> {
  return kubectl.run(['-n', redisNamespace, 'exec', pod, '-c', container, '--', ...words]);
}
