import type { KubeObject } from '../../src/kube/kubeObject.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The conditions of an object, then those of its parents. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  const { conditions = [], parents = [] } = (object['status'] ?? {}) as StatusFields;
  return [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])];
}

/** The status of a condition of an object, or of its first parent. */
export function conditionOf(object: KubeObject, type: string): string | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)?.status;
}

/** The reason of that condition. */
export function reasonOf(object: KubeObject, type: string): string | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)?.reason;
}

/** The message of that condition. */
export function messageOf(object: KubeObject, type: string): string | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)?.message;
}

interface StatusFields {
  readonly conditions?: readonly Condition[];
  readonly parents?: readonly { readonly conditions?: readonly Condition[] }[];
}
