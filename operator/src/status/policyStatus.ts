import type { BackendPolicyStatus } from '@evergate/crds/backendPolicy';
import type { ConditionVerdict, PolicyVerdict } from '../translate/verdict.ts';
import { stampConditions, summarise } from './conditions.ts';

/** The status of a policy. Pure; times come from `stored` where nothing changed. `now` is in milliseconds since the epoch. */
export function policyStatus(
  { policy, conditions }: PolicyVerdict,
  stored: BackendPolicyStatus | undefined,
  now: number,
): BackendPolicyStatus {
  const verdicts = [...conditions, ...sum(conditions)];
  return {
    observedGeneration: policy.generation,
    conditions: stampConditions(verdicts, policy.generation, stored?.conditions ?? [], new Date(now).toISOString()),
  };
}

function sum(conditions: readonly ConditionVerdict[]): readonly ConditionVerdict[] {
  const obstacle = conditions.find(({ type, status }) => status === (type === 'Conflicted' ? 'True' : 'False'));
  if (obstacle === undefined) {
    return summarise({ status: 'True', reason: 'Ready', message: 'The policy holds for every target' }, 'Passing');
  }
  const { reason, message } = obstacle;
  return summarise({ status: 'False', reason, message }, 'Lasting');
}
