import type { Access, Auth } from '@evergate/contract/authSettings';
import type { RateLimit } from '@evergate/contract/limitSettings';
import { type AllowsAddress, compileAccess } from './access.ts';
import { Authentication, type AuthServices } from './auth.ts';
import { compileRateLimits, type RateLimits } from './rateLimits.ts';

/** What a rule, or a fleet for all of its rules, asks of requests. */
export interface PolicySettings {
  readonly rateLimits?: readonly RateLimit[] | undefined;
  readonly auth?: Auth | undefined;
  readonly access?: Access | undefined;
}

/** The policies that hold for a request, in the order of `order.ts`. */
export interface Policies {
  readonly access: readonly AllowsAddress[];
  /** Those that need no identity. */
  readonly limits: RateLimits | undefined;
  readonly auth: readonly Authentication[];
  /** Those that count by what authentication found. */
  readonly identityLimits: RateLimits | undefined;
  /** Names of headers that authentication writes, lower case: nobody else may. */
  readonly identityHeaders: ReadonlySet<string>;
}

/** Whose settings they are, beside the settings. */
export interface PolicySource {
  readonly settings: PolicySettings;
  /** Decisions are kept for each apart. */
  readonly tenant: string;
}

/** Compiles what several sources ask: all of it holds. Undefined where none asks anything. */
export function compilePolicies(sources: readonly PolicySource[], services: AuthServices): Policies | undefined {
  const auth = sources.flatMap(({ settings, tenant }) =>
    settings.auth === undefined ? [] : [new Authentication(settings.auth, tenant, services)],
  );
  const identityHeaders = new Set(auth.flatMap((one) => one.identityHeaders));
  const limits = sources.flatMap(({ settings }) => settings.rateLimits ?? []);
  const isLate = ({ key }: RateLimit): boolean =>
    key.type === 'Claim' || (key.type === 'Header' && identityHeaders.has(key.name ?? ''));
  const access = sources.flatMap(({ settings }) =>
    settings.access === undefined ? [] : [compileAccess(settings.access)],
  );
  if (auth.length === 0 && limits.length === 0 && access.length === 0) return undefined;
  return {
    access,
    limits: compileRateLimits(
      limits.filter((limit) => !isLate(limit)),
      identityHeaders,
      services,
    ),
    auth,
    identityLimits: compileRateLimits(limits.filter(isLate), identityHeaders, services),
    identityHeaders,
  };
}
