/** What limits decided. */
export const limitOutcomes = [
  'Admitted',
  'Refused',
  'WouldRefuse',
  'CountedLocally',
  'AllowedUncounted',
  'DeniedUncounted',
] as const;
export type LimitOutcome = (typeof limitOutcomes)[number];

/** What authentication found. `Stale`: let in by an earlier decision, while whoever decides does not answer. */
export const authOutcomes = ['Authenticated', 'Stale', 'Refused', 'Unavailable', 'AllowedUnchecked'] as const;
export type AuthOutcome = (typeof authOutcomes)[number];

/** What policies decided, in plain numbers. */
export class PolicyCounters {
  readonly limits: Record<LimitOutcome, number> = {
    Admitted: 0,
    Refused: 0,
    WouldRefuse: 0,
    CountedLocally: 0,
    AllowedUncounted: 0,
    DeniedUncounted: 0,
  };
  readonly auth: Record<AuthOutcome, number> = {
    Authenticated: 0,
    Stale: 0,
    Refused: 0,
    Unavailable: 0,
    AllowedUnchecked: 0,
  };
  /** Questions to external authentication services, and those that they failed. */
  authCalls = 0;
  authCallFailures = 0;
  jwksFetches = 0;
  jwksFetchFailures = 0;
}
