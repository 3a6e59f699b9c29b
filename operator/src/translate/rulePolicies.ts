import { isDeepStrictEqual } from 'node:util';
import type { Rule } from '@evergate/contract/routeTable';
import type { RouteRule } from '@evergate/crds/gatewayRoute';
import { parseAccess, parseAuth } from '@evergate/crds/parse';
import { readAuth } from './auth.ts';
import { fieldOf } from './fields.ts';
import type { Defaults } from './fleetPolicies.ts';
import type { PolicyContext } from './policyContext.ts';
import { readRateLimits } from './rateLimits.ts';

/** What a rule asks of requests. */
export type RulePolicies = Pick<Rule, 'rateLimits' | 'auth' | 'access'>;

/** Reads what a rule asks, and what its fleet asks where it says nothing. */
export function readPolicies(rule: RouteRule, owner: string, defaults: Defaults, context: PolicyContext): RulePolicies {
  const auth = rule.auth === undefined ? defaults.auth : readAuth(rule.auth, context);
  const rateLimits = rule.rateLimits ?? defaults.rateLimits;
  const access = rule.access ?? defaults.access;
  return {
    ...(rateLimits === undefined || rateLimits.length === 0 ? {} : { rateLimits: readRateLimits(rateLimits, owner) }),
    ...(auth === undefined ? {} : { auth }),
    ...(access === undefined ? {} : { access }),
  };
}

/**
 * Whether a rule that cannot be read as a whole still lets in whom `served` lets in, and nobody else: an edit that changes that, and is
 * broken elsewhere, must not leave what it changes in force.
 */
export function letsInTheSame(
  written: unknown,
  served: RulePolicies,
  defaults: Defaults,
  context: PolicyContext,
): boolean {
  const silent: PolicyContext = { ...context, onUnresolved: () => {} };
  const [auth, access] = [fieldOf(written, 'auth'), fieldOf(written, 'access')];
  const parsedAuth = auth === undefined ? undefined : parseAuth(auth);
  const parsedAccess = access === undefined ? undefined : parseAccess(access);
  if (parsedAuth?.ok === false || parsedAccess?.ok === false) return false;
  const wanted = {
    auth: parsedAuth === undefined ? defaults.auth : readAuth(parsedAuth.value, silent),
    access: parsedAccess === undefined ? defaults.access : parsedAccess.value,
  };
  return isDeepStrictEqual(wanted, { auth: served.auth, access: served.access });
}
