import type { Condition } from '@evergate/crds/conditions';
import type { ConditionVerdict } from '../translate/verdict.ts';

/**
 * Makes conditions of verdicts. `lastTransitionTime` is `now` (RFC 3339) for those whose `status` differs from what is stored, and stays
 * otherwise.
 */
export function stampConditions(
  verdicts: readonly ConditionVerdict[],
  generation: number,
  stored: readonly Condition[],
  now: string,
): readonly Condition[] {
  return verdicts.map(({ type, status, reason, message }) => {
    const before = stored.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    return { type, status, observedGeneration: generation, lastTransitionTime, reason, message };
  });
}

/** Of a table that is held back, or a route in it: why it stays so until somebody acts. */
const lastingReasons: readonly ConditionVerdict['reason'][] = [
  'TooLarge',
  'ObjectNotOurs',
  'UnsupportedValue',
  'GatewayRefused',
  'SomeRulesInvalid',
];

/** What `Programmed` that is not True means for who waits for it. */
export function obstacleOf(reason: ConditionVerdict['reason']): 'Passing' | 'Lasting' {
  return lastingReasons.includes(reason) ? 'Lasting' : 'Passing';
}

/**
 * `Ready`, and beside it what kstatus reads: `Reconciling` while the rest will come by itself, `Stalled` while somebody must act.
 * Never both, and neither once everything is well.
 */
export function summarise(
  readiness: Pick<ConditionVerdict, 'status' | 'reason' | 'message'>,
  obstacle: 'Passing' | 'Lasting',
): readonly ConditionVerdict[] {
  const ready: ConditionVerdict = { type: 'Ready', ...readiness };
  if (readiness.status === 'True') return [ready];
  const { reason, message } = readiness;
  return [ready, { type: obstacle === 'Passing' ? 'Reconciling' : 'Stalled', status: 'True', reason, message }];
}
