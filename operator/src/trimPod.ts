import type { KubeObject } from './kube/kubeObject.ts';

/** What is read of a gateway's pod. */
export function trimPod({ apiVersion, kind, metadata, spec, status }: KubeObject): KubeObject {
  const { phase, podIP, conditions, startTime } = (status ?? {}) as Readonly<Record<string, unknown>>;
  const { nodeName } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  const ready = Array.isArray(conditions) ? conditions.filter((condition) => condition?.type === 'Ready') : [];
  // Ours among them, which change with every table.
  const { annotations: _, ...kept } = metadata;
  const read = { metadata: kept, spec: { nodeName }, status: { phase, podIP, startTime, conditions: ready } };
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }), ...read };
}
