import type { Auth } from '@evergate/contract/authSettings';
import type { FleetSettings } from '@evergate/contract/routeTable';
import type { RuleContent } from './rules.ts';
import type { Warning } from './verdict.ts';

/** What in a rule's policies, or in those of its fleet, is served as written, and may surprise. `field` is where the rule stands. */
export function warnOfPolicies(content: RuleContent, field: string, settings: FleetSettings): readonly Warning[] {
  return [...warnOfEnforced(content, field, settings), ...warnOfSharing(content, field, settings)];
}

function warnOfEnforced({ auth }: RuleContent, field: string, { enforced }: FleetSettings): readonly Warning[] {
  if (auth !== undefined || enforced?.auth === undefined) return [];
  const asked = methodsOf(enforced.auth);
  const message = `${field}: the fleet enforces authentication by ${asked}, so that requests without it are answered 401; have the fleet exempt them where that is not meant`;
  return [{ about: 'EnforcedAuth', message }];
}

function warnOfSharing({ auth, rateLimits }: RuleContent, field: string, { redis }: FleetSettings): readonly Warning[] {
  if (redis !== undefined) return [];
  const isShared = rateLimits?.some(({ scope }) => scope === 'Shared') === true;
  const hasSessions = auth?.anyOf.some(({ type }) => type === 'Session') === true;
  const limits = `${field}.rateLimits: the fleet has no redis, so that each gateway counts for itself, up to its share`;
  const sessions = `${field}.auth: the fleet has no redis, where sessions would be, so that nobody has one`;
  return [...(isShared ? [limits] : []), ...(hasSessions ? [sessions] : [])].map((message) => ({
    about: 'NothingShared',
    message: `${message}; give the fleet one`,
  }));
}

function methodsOf({ anyOf }: Auth): string {
  return [...new Set(anyOf.map(({ type }) => type))].join(' or ');
}
