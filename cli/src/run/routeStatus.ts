import type { Translation } from '@evergate/operator/translate';

type RouteVerdict = Translation['routes'][number];
type Condition = RouteVerdict['parents'][number]['conditions'][number];

/** The conditions that are good when they hold; the others are good when they do not, and are not worth a word then. */
const WELCOME: readonly string[] = ['Accepted', 'ResolvedRefs'];

/** `Accepted, ResolvedRefs`, with `=False` and the reason where something is not as it should be, and what is served instead. */
export function describeStatus({ parents, rules }: RouteVerdict): string {
  const conditions = parents.map((parent) => {
    const listener = parent.parentRef.sectionName === undefined ? '' : `listener ${parent.parentRef.sectionName}: `;
    return listener + parent.conditions.flatMap(describeCondition).join(', ');
  });
  const kept = rules.filter(({ state }) => state === 'LastKnownGood').map(({ name }) => name);
  const dropped = rules.filter(({ state }) => state === 'NotServed').map(({ name }) => name);
  return [
    conditions.join('; '),
    ...(kept.length > 0 ? [`served as last good: rule ${kept.join(', ')}`] : []),
    ...(dropped.length > 0 ? [`not served: rule ${dropped.join(', ')}`] : []),
  ].join('; ');
}

function describeCondition({ type, status, reason }: Condition): readonly string[] {
  const isGood = WELCOME.includes(type) === (status === 'True');
  if (isGood) return WELCOME.includes(type) ? [type] : [];
  return [`${type}=${status} (${reason})`];
}
