import type { ParentAttachment } from './attach.ts';
import type { RouteSource } from './validate.ts';
import {
  type ConditionVerdict,
  type Finding,
  joinMessages,
  type ParentVerdict,
  type RouteVerdict,
  type RuleVerdict,
} from './verdict.ts';

/** Sums up what became of a route: the conditions of each parent, and its rules. */
export function routeVerdict(
  route: RouteSource,
  parents: readonly ParentAttachment[],
  rules: readonly RuleVerdict[],
): RouteVerdict {
  return { route: route.identity, parents: parents.map((parent) => parentVerdict(route, parent, rules)), rules };
}

function parentVerdict(route: RouteSource, parent: ParentAttachment, rules: readonly RuleVerdict[]): ParentVerdict {
  const served = parent.refused === undefined ? rules : [];
  const conditions = [
    accepted(route, parent, rules),
    resolvedRefs(rules),
    conflicted(served),
    partiallyInvalid(rules),
    lastKnownGood(served),
  ];
  const listeners = parent.taken.map(({ listener }) => listener.name);
  return { parentRef: parent.parentRef, listeners, conditions };
}

function accepted(
  route: RouteSource,
  { refused, taken }: ParentAttachment,
  rules: readonly RuleVerdict[],
): ConditionVerdict {
  const type = 'Accepted';
  if (route.problems.length > 0)
    return { type, status: 'False', reason: 'UnsupportedValue', message: say(route.problems) };
  if (refused !== undefined) return { type, status: 'False', ...refused };
  if (rules.every(isInvalid)) {
    return { type, status: 'False', reason: 'NoRuleValid', message: say(rules.flatMap(({ invalid }) => invalid)) };
  }
  const listeners = taken.map(({ listener }) => listener.name).join(', ');
  const message = joinMessages([`Attached to listeners ${listeners}`, ...lastingWarnings(rules)]);
  return { type, status: 'True', reason: 'Accepted', message };
}

/** Endpoints come and go: their warnings would write a status at every roll-out of a backend. */
function lastingWarnings(rules: readonly RuleVerdict[]): readonly string[] {
  return rules.flatMap(({ warnings }) =>
    warnings.flatMap(({ about, message }) =>
      about === 'NoEndpoints' || about === 'EndpointsIgnored' ? [] : [`Warning: ${message}`],
    ),
  );
}

function resolvedRefs(rules: readonly RuleVerdict[]): ConditionVerdict {
  const type = 'ResolvedRefs';
  const unresolved = rules.flatMap((rule) => rule.unresolved);
  const [first] = unresolved;
  if (first !== undefined) return { type, status: 'False', reason: first.reason, message: say(unresolved) };
  return {
    type,
    status: 'True',
    reason: 'ResolvedRefs',
    message: 'Every backend exists and may be used',
  };
}

function conflicted(rules: readonly RuleVerdict[]): ConditionVerdict {
  const type = 'Conflicted';
  const conflicts = rules.flatMap((rule) => rule.conflicts);
  if (conflicts.length === 0) {
    return {
      type,
      status: 'False',
      reason: 'NoConflict',
      message: 'No other rule takes precedence with the same match',
    };
  }
  return { type, status: 'True', reason: 'Conflicted', message: say(conflicts) };
}

/** Gateway API `RouteConditionPartiallyInvalid`: the message begins with what became of the rule. */
function partiallyInvalid(rules: readonly RuleVerdict[]): ConditionVerdict {
  const type = 'PartiallyInvalid';
  const invalid = rules.filter(isInvalid);
  if (invalid.length === 0) {
    return { type, status: 'False', reason: 'AllRulesValid', message: 'Every rule is valid' };
  }
  if (invalid.length === rules.length) {
    return {
      type,
      status: 'False',
      reason: 'NoRuleValid',
      message: 'No rule is valid, see Accepted',
    };
  }
  const messages = invalid.map((rule) => {
    const fate = rule.state === 'LastKnownGood' ? 'Fall Back' : 'Dropped Rule';
    return `${fate} ${rule.name}: ${say(rule.invalid)}`;
  });
  return { type, status: 'True', reason: 'SomeRulesInvalid', message: joinMessages(messages) };
}

function lastKnownGood(rules: readonly RuleVerdict[]): ConditionVerdict {
  const type = 'LastKnownGood';
  const fallen = rules.filter(({ state }) => state === 'LastKnownGood');
  if (fallen.length === 0) {
    return { type, status: 'False', reason: 'ServingCurrent', message: 'No rule is served in an older version' };
  }
  const messages = fallen.map(
    ({ name, servedGeneration }) => `Rule ${name} is served as of generation ${servedGeneration}`,
  );
  return { type, status: 'True', reason: 'ServingLastKnownGood', message: joinMessages(messages) };
}

function isInvalid({ invalid }: RuleVerdict): boolean {
  return invalid.length > 0;
}

/** Each message once: what is wrong with a whole route is said of each of its rules. */
function say(findings: readonly Finding[]): string {
  return joinMessages([...new Set(findings.map(({ message }) => message))]);
}
