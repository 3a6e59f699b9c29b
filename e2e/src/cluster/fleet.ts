import type { ProbeTarget } from '../prober/probe.ts';
import { type Arena, arenaNamespace, fleetName } from './arena.ts';
import { eventually } from './eventually.ts';
import type { KubernetesObject } from './kubectl.ts';

const SETTLE_MS = 180_000;
const RENDER_MS = 30_000;
/** Where gateways listen for what clients reach at the port of the Service. */
const containerPorts: Readonly<Record<80 | 81, number>> = { 80: 8080, 81: 8081 };

interface Condition {
  readonly type: string;
  readonly status: string;
}

export interface GatewayPod extends KubernetesObject {
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

interface Deployment extends KubernetesObject {
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** Of the fleet that the set-up made, unless another is named. */
export function gatewayPods({ kubectl }: Arena, fleet: string = fleetName): Promise<readonly GatewayPod[]> {
  const selector = `app.kubernetes.io/name=evergate-gateway,app.kubernetes.io/instance=${fleet}`;
  return kubectl.list<GatewayPod>('pods', arenaNamespace, selector);
}

/** The one to kill: the kubelet waits ever longer before it starts a container that was killed before. */
export async function leastRestarted(arena: Arena): Promise<GatewayPod> {
  const [least] = [...(await gatewayPods(arena))].sort((a, b) => restarts(a) - restarts(b));
  if (least === undefined) throw new Error('there is no gateway');
  return least;
}

export function restarts({ status }: GatewayPod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

export function isReady({ status }: GatewayPod): boolean {
  return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function isStaying({ metadata }: GatewayPod): boolean {
  return metadata.deletionTimestamp === undefined;
}

/** Each pod of the fleet by its own address. */
export async function gatewayTargets(arena: Arena, port: 80 | 81 = 80): Promise<readonly ProbeTarget[]> {
  const pods = await gatewayPods(arena);
  return pods.filter(isReady).map(({ metadata, status }) => {
    return { name: metadata.name, address: status.podIP ?? '', port: containerPorts[port] };
  });
}

/** The fleet as clients reach it. */
export const serviceTarget: ProbeTarget = { name: 'Service', address: `${fleetName}.${arenaNamespace}`, port: 80 };

/**
 * Changes the fleet's spec, as a user would, in what concerns its pods; resolves when `replicas` of them are as it says. Whether anything
 * changed is told by the generation: kubectl says "(no change)" only if the operator wrote no status meanwhile.
 */
export async function changeFleet(arena: Arena, spec: object, replicas: number): Promise<void> {
  const { kubectl } = arena;
  const { metadata: before } = await deployment(arena);
  const generation = await specGeneration(arena);
  const patch = ['patch', 'gatewayfleet', fleetName, '-n', arenaNamespace, '--type=merge', '--patch'];
  await kubectl.run([...patch, JSON.stringify({ spec })]);
  if ((await specGeneration(arena)) === generation) return;
  await eventually(RENDER_MS, 'the operator to change the Deployment of the fleet', async () => {
    return (await deployment(arena)).metadata.generation !== before.generation;
  });
  await fleetSettled(arena, replicas);
}

async function specGeneration({ kubectl }: Arena): Promise<number | undefined> {
  return (await kubectl.get<KubernetesObject>('gatewayfleet', arenaNamespace, fleetName)).metadata.generation;
}

function deployment({ kubectl }: Arena, fleet: string = fleetName): Promise<Deployment> {
  return kubectl.get<Deployment>('deployment', arenaNamespace, fleet);
}

/** Resolves when `replicas` pods are there, all of the newest template and ready, and none is on its way out. */
export async function fleetSettled(
  arena: Arena,
  replicas: number,
  fleet: string = fleetName,
): Promise<readonly GatewayPod[]> {
  return eventually(SETTLE_MS, `${replicas} gateways of the newest template, and no other`, async () => {
    const { metadata, spec, status } = await deployment(arena, fleet);
    if (spec.replicas !== replicas || status.observedGeneration !== metadata.generation) return false;
    if (status.updatedReplicas !== replicas || status.readyReplicas !== replicas) return false;
    const pods = await gatewayPods(arena, fleet);
    return pods.length === replicas && pods.every((pod) => isReady(pod) && isStaying(pod)) && pods;
  });
}
