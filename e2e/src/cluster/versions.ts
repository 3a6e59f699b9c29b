import type { ProbeTarget } from '../prober/probe.ts';
import { type Arena, arenaNamespace, fleetName } from './arena.ts';
import { eventually } from './eventually.ts';
import { fleetSettled, type GatewayPod, gatewayPods, isReady } from './fleet.ts';
import type { KubernetesObject } from './kubectl.ts';
import { imageName, type ProductImages } from './productImages.ts';

const ROLLOUT_MS = 120_000;
const GATEWAY_PORT = 8080;

interface PodOfImage extends GatewayPod {
  readonly spec: GatewayPod['spec'] & { readonly containers: readonly { readonly image: string }[] };
}

interface IndexObject extends KubernetesObject {
  readonly data: Readonly<Record<string, string>>;
}

/** The ready gateways of a fleet, by whether they are of that build. */
export async function gatewaysByBuild(
  arena: Arena,
  { gateway }: ProductImages,
): Promise<{ readonly these: readonly GatewayPod[]; readonly others: readonly GatewayPod[] }> {
  const pods = ((await gatewayPods(arena)) as readonly PodOfImage[]).filter(
    (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined,
  );
  const isThis = ({ spec }: PodOfImage): boolean => spec.containers.some(({ image }) => image === imageName(gateway));
  return { these: pods.filter(isThis), others: pods.filter((pod) => !isThis(pod)) };
}

/** Those that are ready and stay, each by its own address. */
export async function stayingTargets(arena: Arena): Promise<readonly ProbeTarget[]> {
  const { these, others } = await gatewaysByBuild(arena, arena.product);
  return [...these, ...others].map(({ metadata, status }) => {
    return { name: metadata.name, address: status.podIP ?? '', port: GATEWAY_PORT };
  });
}

/** Resolves when all three gateways are of that build, and no other is left. */
export async function allOfBuild(arena: Arena, product: ProductImages): Promise<void> {
  await eventually(ROLLOUT_MS, `all gateways to be of ${product.gateway.tag}`, async () => {
    const { these, others } = await gatewaysByBuild(arena, product);
    return these.length === 3 && others.length === 0;
  });
  await fleetSettled(arena, 3);
}

/** Holds the rollout of the fleet where some gateways are of that build, and some are not yet. */
export async function holdHalfWay(arena: Arena, product: ProductImages): Promise<void> {
  await eventually(ROLLOUT_MS, `some gateways to be of ${product.gateway.tag}`, async () => {
    return (await gatewaysByBuild(arena, product)).these.length > 0;
  });
  await hold(arena);
  const { these, others } = await gatewaysByBuild(arena, product);
  if (these.length === 0 || others.length === 0) {
    throw new Error(`half-way, ${these.length} gateways are of the build and ${others.length} are not`);
  }
}

/** No gateway is replaced until {@link resume}. */
export async function hold({ kubectl }: Arena): Promise<void> {
  await kubectl.run(['rollout', 'pause', `deployment/${fleetName}`, '-n', arenaNamespace]);
}

/** Lets the rollout go on to that build, once the operator wants it. */
export async function goOnTo(arena: Arena, { gateway }: ProductImages): Promise<void> {
  await eventually(ROLLOUT_MS, `the operator to want ${gateway.tag}`, async () => {
    const wanted = await arena.kubectl.get<KubernetesObject>('deployment', arenaNamespace, fleetName);
    return JSON.stringify(wanted).includes(`"image":"${imageName(gateway)}"`);
  });
  await resume(arena);
}

/** Does nothing where no rollout is held. */
export async function resume({ kubectl }: Arena): Promise<void> {
  const patch = JSON.stringify({ spec: { paused: null } });
  await kubectl.run(['patch', 'deployment', fleetName, '-n', arenaNamespace, '--type=merge', '--patch', patch]);
}

/** The version that the fleet's table is written in. */
export async function tableVersion({ kubectl }: Arena): Promise<number> {
  const { data } = await kubectl.get<IndexObject>('configmap', arenaNamespace, `${fleetName}-routes`);
  return (JSON.parse(data['routes.json'] ?? '{}') as { version: number }).version;
}
