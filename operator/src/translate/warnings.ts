import { formatDuration } from '@evergate/contract/duration';
import type { FleetSettings, Match } from '@evergate/contract/routeTable';
import { warnOfPolicies } from './policyWarnings.ts';
import type { RuleContent } from './rules.ts';
import type { Warning } from './verdict.ts';

/** What in a rule is served as written, and probably not what was meant. `field` is where the rule stands. */
export function warnOfContent(content: RuleContent, field: string, settings: FleetSettings): readonly Warning[] {
  return [
    ...content.matches.flatMap((match) => warnOfShadow(match, field, settings.healthPrefix)),
    ...warnOfDeadline(content.timeouts.requestMs, field, settings.shutdown.drainTimeoutMs),
    ...warnOfWeights(content, field),
    ...warnOfPolicies(content, field, settings),
  ];
}

function warnOfShadow({ path }: Match, field: string, prefix: string): readonly Warning[] {
  if (prefix === '' || path.type === 'RegularExpression') return [];
  if (path.value !== prefix && !path.value.startsWith(`${prefix}/`)) return [];
  const shadow = `${field}.matches: ${path.type} ${path.value} lies under ${prefix}, where the gateway answers its health paths itself`;
  const remedy = 'use another path, or set clientTraffic.healthPathPrefix of the fleet';
  return [{ about: 'ShadowedByHealthPaths', message: `${shadow}; ${remedy}` }];
}

/** A request that may take longer than a draining gateway waits can be cut off by a rollout. */
function warnOfDeadline(requestMs: number | undefined, field: string, drainMs: number): readonly Warning[] {
  if (requestMs === undefined || (requestMs !== 0 && requestMs <= drainMs)) return [];
  const deadline = requestMs === 0 ? 'no limit' : formatDuration(requestMs);
  const longer = `${field}.timeouts.request: ${deadline} is longer than the fleet's shutdown.drainTimeout, ${formatDuration(drainMs)}`;
  const message = `${longer}: a gateway that stops cuts such requests off; raise drainTimeout or lower the deadline`;
  return [{ about: 'DeadlineExceedsDrain', message }];
}

function warnOfWeights({ backends }: RuleContent, field: string): readonly Warning[] {
  if (backends.length === 0 || backends.some(({ weight }) => weight > 0)) return [];
  const message = `${field}.backendRefs: every weight is 0, so all requests are answered 500; give one backend a weight`;
  return [{ about: 'NoWeight', message }];
}
