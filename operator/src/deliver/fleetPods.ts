import type { KubeObject } from '../kube/kubeObject.ts';

/** One gateway pod, as far as delivery and statuses look at it. */
export interface FleetPod {
  readonly name: string;
  /** Where its status port is reached; undefined before it has an address. */
  readonly address: string | undefined;
  readonly node: string | undefined;
  /** And to stay: one that is asked to end is not. */
  readonly ready: boolean;
  /** It may be sent new requests: it is ready, or was so recently that not everyone has heard of its end. */
  readonly mayReceive: boolean;
  readonly terminating: boolean;
}

/** Reads the pods of a fleet. `propagationDelayMs` is how long the news of a pod's end takes to reach whoever sends it requests. */
export function readFleetPods(
  pods: readonly KubeObject[],
  propagationDelayMs: number,
  nowMs: number,
): readonly FleetPod[] {
  return pods.flatMap((pod) => {
    const status = recordOf(pod['status']);
    const phase = status['phase'];
    if (phase === 'Succeeded' || phase === 'Failed') return [];
    const condition = readyCondition(status);
    const isReady = condition?.['status'] === 'True';
    const since = Date.parse(String(condition?.['lastTransitionTime'] ?? ''));
    const wasReady = condition !== undefined && nowMs - since < propagationDelayMs && hasStarted(pod, since);
    const endedAt = askedToEndAt(pod);
    const isKnownToEnd = endedAt !== undefined && nowMs - endedAt >= propagationDelayMs;
    return [
      {
        name: pod.metadata.name,
        address: textOf(status['podIP']),
        node: textOf(recordOf(pod['spec'])['nodeName']),
        ready: isReady && endedAt === undefined,
        mayReceive: (isReady || wasReady) && !isKnownToEnd,
        terminating: endedAt !== undefined,
      },
    ];
  });
}

/** When the end of a pod was asked for, in milliseconds since the epoch: what it bears is when it must be gone. */
function askedToEndAt({ metadata }: KubeObject): number | undefined {
  const deadline = Date.parse(metadata.deletionTimestamp ?? '');
  if (Number.isNaN(deadline)) return undefined;
  return deadline - (metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
}

/** The condition of a pod that starts is false from its first second on: nobody sends it anything yet. */
function hasStarted(pod: KubeObject, since: number): boolean {
  return since - Date.parse(String(recordOf(pod['status'])['startTime'] ?? '')) > 5_000;
}

function readyCondition(status: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.map(recordOf).find(({ type }) => type === 'Ready');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
