import type { BackendPolicyStatus } from '@evergate/crds/backendPolicy';
import { type ConditionVerdict, joinMessages, type PolicyVerdict } from '../translate/verdict.ts';
import { stampConditions, summarise } from './conditions.ts';

/**
 * The status of a policy. Pure; times come from `stored` where nothing changed. `tripped` are the ids of backends whose circuit breaker is
 * not closed in some gateway. `now` is in milliseconds since the epoch.
 */
export function policyStatus(
  { policy, conditions, guarded }: PolicyVerdict,
  tripped: ReadonlySet<string>,
  stored: BackendPolicyStatus | undefined,
  now: number,
): BackendPolicyStatus {
  const verdicts = [...conditions, ...circuit(guarded, tripped), ...sum(conditions)];
  return {
    observedGeneration: policy.generation,
    conditions: stampConditions(verdicts, policy.generation, stored?.conditions ?? [], new Date(now).toISOString()),
  };
}

/** Without numbers: those change from one look to the next, and each would be a write. */
function circuit(guarded: readonly string[] | undefined, tripped: ReadonlySet<string>): readonly ConditionVerdict[] {
  if (guarded === undefined) return [];
  const type = 'CircuitOpen';
  const ids = [...tripped].filter((id) => guarded.includes(id.slice(0, id.lastIndexOf(':')))).sort();
  if (ids.length === 0) {
    return [
      { type, status: 'False', reason: 'CircuitClosed', message: 'Every gateway sends requests to every target' },
    ];
  }
  const open = `The circuit breaker of ${ids.join(', ')} is open, or tries whether it may close, in some gateway`;
  const message = `${open}; look at why the backend fails: evergate_backend_breaker_state and the gateways' /breakers`;
  return [{ type, status: 'True', reason: 'CircuitOpen', message: joinMessages([message]) }];
}

function sum(conditions: readonly ConditionVerdict[]): readonly ConditionVerdict[] {
  const obstacle = conditions.find(({ type, status }) => status === (type === 'Conflicted' ? 'True' : 'False'));
  if (obstacle === undefined) {
    return summarise({ status: 'True', reason: 'Ready', message: 'The policy holds for every target' }, 'Passing');
  }
  const { reason, message } = obstacle;
  return summarise({ status: 'False', reason, message }, 'Lasting');
}
