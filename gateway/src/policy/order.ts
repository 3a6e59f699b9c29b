import type { Policies } from './policies.ts';
import type { PolicySubject } from './policySubject.ts';
import { problem, type Verdict } from './verdict.ts';

/**
 * Asks the policies of a request in the one order there is:
 *
 * 1. who may come in at all, by address: costs nothing, and whom it refuses should cost nothing;
 * 2. limits that need no identity: before authentication, so that trying passwords or tokens is limited too;
 * 3. authentication;
 * 4. limits by identity: they need one, and must not be spent by whoever claims to be somebody.
 *
 * Within each step what the fleet enforces comes before what the route asks. A preflight (Fetch standard) carries no credentials, so a
 * rule that answers preflights lets them pass 3 and 4. Header and path changes, and the rule's own answers, come after all of it.
 */
export async function checkInOrder(policies: Policies, subject: PolicySubject, isPreflight: boolean): Promise<Verdict> {
  const { access, limits, auth, identityLimits } = policies;
  if (!access.every((allows) => allows(subject.clientAddress))) return problem('AccessDenied');
  const limited = limits === undefined ? undefined : await limits.check(subject);
  if (limited !== undefined || isPreflight) return limited;
  for (const authentication of auth) {
    const refused = await authentication.check(subject);
    if (refused !== undefined) return refused;
  }
  return identityLimits === undefined ? undefined : identityLimits.check(subject);
}
