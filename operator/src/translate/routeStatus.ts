import type { Condition } from '@evergate/crds/conditions';
import type { RouteRuleStatus } from '@evergate/crds/gatewayRoute';
import { joinMessages, type ParentVerdict, type RouteVerdict, type RuleVerdict } from './verdict.ts';

/** One entry of a route's `status.parents`, as far as translation knows it: who writes it adds times, and what was acknowledged. */
export interface ParentStatus {
  readonly parentRef: ParentVerdict['parentRef'];
  readonly controllerName: string;
  readonly conditions: readonly Omit<Condition, 'lastTransitionTime'>[];
  readonly rules: readonly RouteRuleStatus[];
}

/** The most characters that the schema takes as the message of a rule. */
const maxRuleMessage = 1024;

/** Writes a verdict as the entries of `status.parents`, one for each reference of the route to the fleet. */
export function parentStatuses(verdict: RouteVerdict, controllerName: string): readonly ParentStatus[] {
  const { generation } = verdict.route;
  return verdict.parents.map(({ parentRef, listeners, conditions }) => ({
    parentRef,
    controllerName,
    conditions: conditions.map(({ type, status, reason, message }) => ({
      type,
      status,
      observedGeneration: generation,
      reason,
      message,
    })),
    rules: verdict.rules.map((rule) => ruleStatus(rule, listeners.length > 0)),
  }));
}

/** What a rule is by one parent: one that refused the route serves none of it. */
function ruleStatus({ name, state, servedGeneration, ...found }: RuleVerdict, isAttached: boolean): RouteRuleStatus {
  const findings = [...found.invalid, ...found.unresolved, ...found.conflicts];
  const [first] = findings;
  return {
    name,
    state: isAttached ? state : 'NotServed',
    ...(servedGeneration === undefined || !isAttached ? {} : { servedGeneration }),
    ...(first === undefined
      ? {}
      : {
          reason: first.reason,
          message: joinMessages(
            findings.map(({ message }) => message),
            maxRuleMessage,
          ),
        }),
  };
}
