import type { Auth, AuthMethod } from '@evergate/contract/authSettings';
import type { SharedState } from '../state/sharedState.ts';
import { compileApiKey } from './apiKey.ts';
import type { Authenticator, AuthResult } from './authResult.ts';
import { compileBasic } from './basic.ts';
import { compileExternal } from './externalAuth.ts';
import type { ExternalService } from './externalService.ts';
import type { KeySource } from './jwks.ts';
import { compileJwt } from './jwt.ts';
import type { Passwords } from './passwords.ts';
import type { PolicyCounters } from './policyCounters.ts';
import type { PolicySubject } from './policySubject.ts';
import type { Secrets } from './secrets.ts';
import { compileSession } from './session.ts';
import { problem, type Verdict } from './verdict.ts';

/** What authentication needs of the process. */
export interface AuthServices {
  readonly state: SharedState;
  readonly secrets: Secrets;
  readonly passwords: Passwords;
  readonly counters: PolicyCounters;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  keySource(keys: Extract<AuthMethod, { type: 'JWT' }>['keys']): KeySource;
  /** `tenant`: whose decisions these are; those of another are never used. */
  external(settings: Extract<AuthMethod, { type: 'External' }>, tenant: string): ExternalService;
}

/** Finds out who asks: the methods in their order, until one succeeds. */
export class Authentication {
  readonly #methods: readonly Authenticator[];
  readonly #counters: PolicyCounters;
  readonly #challenges: readonly string[];
  readonly identityHeaders: readonly string[];

  constructor(auth: Auth, tenant: string, services: AuthServices) {
    this.#methods = auth.anyOf.map((method) => compileMethod(method, tenant, services));
    this.#counters = services.counters;
    const challenges = this.#methods.flatMap(({ challenge }) => challenge ?? []);
    this.#challenges = [...new Set(challenges)].flatMap((challenge) => ['www-authenticate', challenge]);
    this.identityHeaders = this.#methods.flatMap(({ identityHeaders }) => identityHeaders);
  }

  /** Undefined where one succeeded: `subject.identity` has what it found beside what was known. */
  async check(subject: PolicySubject): Promise<Verdict> {
    let worst: AuthResult = { outcome: 'Refused' };
    for (const method of this.#methods) {
      const result = await method.authenticate(subject);
      if (result.outcome === 'Authenticated') return this.#accept(subject, result.identity);
      // That nobody can say now is worse than a no: another moment may bring a yes.
      if (worst.outcome !== 'Unavailable' && result.outcome !== 'Refused') worst = result;
    }
    return this.#refuse(worst);
  }

  #accept(subject: PolicySubject, identity: NonNullable<PolicySubject['identity']>): undefined {
    this.#counters.auth[identity.isStale ? 'Stale' : 'Authenticated']++;
    const before = subject.identity;
    subject.identity =
      before === undefined
        ? identity
        : {
            method: `${before.method} ${identity.method}`,
            headers: [...before.headers, ...identity.headers],
            claims: { ...before.claims, ...identity.claims },
            isStale: before.isStale || identity.isStale,
          };
    return undefined;
  }

  #refuse(result: AuthResult): Verdict {
    if (result.outcome === 'Unavailable') {
      this.#counters.auth.Unavailable++;
      return problem('AuthUnavailable', undefined, 1);
    }
    this.#counters.auth.Refused++;
    if (result.outcome === 'Answered') return { type: 'Answer', reason: 'AuthDenied', answer: result.answer };
    return problem('Unauthenticated', this.#challenges);
  }
}

function compileMethod(method: AuthMethod, tenant: string, services: AuthServices): Authenticator {
  const { secrets, clock, counters } = services;
  switch (method.type) {
    case 'JWT':
      return compileJwt(method, services.keySource(method.keys), clock);
    case 'APIKey':
      return compileApiKey(method, secrets);
    case 'Basic':
      return compileBasic(method, services);
    case 'Session':
      return compileSession(method, services);
    case 'External':
      return compileExternal(method, { service: services.external(method, tenant), secrets, counters });
  }
}
