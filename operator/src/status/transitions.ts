import type { Condition } from '@evergate/crds/conditions';
import type { KubeObject } from '../kube/kubeObject.ts';

/** A condition that became good or bad. */
export interface Transition {
  readonly isGood: boolean;
  readonly condition: Condition;
}

/** The types whose True is bad news. */
const unwelcome: readonly string[] = ['Conflicted', 'PartiallyInvalid', 'LastKnownGood', 'Degraded', 'Stalled'];
/** They sum up others, or come and go with every edit. */
const untold: readonly string[] = ['Ready', 'Reconciling', 'Stalled', 'Programmed'];

/** What changed between two versions of an object's status that people should hear of: nothing good of what is new, and no pending. */
export function transitions(now: KubeObject, before: KubeObject): readonly Transition[] {
  const old = new Map(conditionsOf(before).map((condition) => [condition.type, condition]));
  return conditionsOf(now).flatMap((condition) => {
    const was = old.get(condition.type);
    if (untold.includes(condition.type) || isSameNews(was, condition)) return [];
    const isGood = (condition.status === 'True') !== unwelcome.includes(condition.type);
    return isGood && (was === undefined || was.status === condition.status) ? [] : [{ isGood, condition }];
  });
}

function isSameNews(was: Condition | undefined, now: Condition): boolean {
  return was?.status === now.status && was.reason === now.reason && was.message === now.message;
}

/** Of the object and of each of its parents. */
function conditionsOf(object: KubeObject): readonly Condition[] {
  const { conditions = [], parents = [] } = (object['status'] ?? {}) as {
    readonly conditions?: readonly Condition[];
    readonly parents?: readonly { readonly conditions?: readonly Condition[] }[];
  };
  return [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])];
}
