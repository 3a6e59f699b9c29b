import { createHmac, randomBytes } from 'node:crypto';
import type { AuthMethodOf } from '@evergate/contract/authSettings';
import { headerValue } from '../match/headerValue.ts';
import { ExpiringCache } from '../state/expiringCache.ts';
import { type Authenticator, type AuthResult, authenticated, refused, unavailable } from './authResult.ts';
import { identityFields } from './identityFields.ts';
import type { Passwords } from './passwords.ts';
import type { PolicySubject } from './policySubject.ts';
import type { Secrets } from './secrets.ts';

const MAX_HEADER_CHARACTERS = 1_024;
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export interface BasicServices {
  readonly secrets: Secrets;
  readonly passwords: Passwords;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** User names and passwords (RFC 7617), against bcrypt or scrypt hashes. The claims have the user as `sub`. */
export function compileBasic(method: AuthMethodOf<'Basic'>, services: BasicServices): Authenticator {
  return new Basic(method, services);
}

class Basic implements Authenticator {
  readonly challenge: string;
  readonly identityHeaders: readonly string[];
  readonly #method: AuthMethodOf<'Basic'>;
  readonly #services: BasicServices;
  readonly #pairs: readonly [string, string][];
  /**
   * Passwords that matched, by their HMAC under a key of this process. Those that did not match are not remembered: an attacker would
   * fill the memory. The hash is part of what is remembered, so a password that was changed is no match any more.
   */
  readonly #matched: ExpiringCache<true>;
  readonly #key = randomBytes(32);

  constructor(method: AuthMethodOf<'Basic'>, services: BasicServices) {
    this.#method = method;
    this.#services = services;
    this.challenge = `Basic realm="${method.realm}", charset="UTF-8"`;
    this.#pairs = method.identityHeader === undefined ? [] : [['sub', method.identityHeader]];
    this.identityHeaders = this.#pairs.map(([, header]) => header);
    this.#matched = new ExpiringCache({ maxEntries: MAX_REMEMBERED, now: services.clock });
  }

  async authenticate({ headers }: PolicySubject): Promise<AuthResult> {
    const given = readCredentials(headerValue(headers, 'authorization'));
    if (given === undefined) return refused;
    const { user, password } = given;
    const { secrets } = this.#services;
    const hash = secrets.passwordHash(this.#method.secrets, user);
    if (hash === undefined) {
      // As long as for a user that there is: who asks must not learn which names exist.
      const other = secrets.anyPasswordHash(this.#method.secrets);
      if (other !== undefined) await this.#compare(password, other);
      return refused;
    }
    const digest = createHmac('sha256', this.#key).update(`${hash}\0${user}\0${password}`).digest('base64url');
    if (this.#matched.get(digest) !== undefined) return this.#found(user);
    const matches = await this.#compare(password, hash);
    if (matches === undefined) return unavailable;
    if (!matches) return refused;
    this.#matched.set(digest, true, REMEMBERED_MS);
    return this.#found(user);
  }

  #found(user: string): AuthResult {
    const claims = { sub: user };
    return authenticated('Basic', identityFields(this.#pairs, claims), claims);
  }

  /** Undefined where nobody could compare. */
  #compare(password: string, hash: string): Promise<boolean | undefined> {
    return this.#services.passwords.matches(password, hash).catch(() => undefined);
  }
}

function readCredentials(value: string | undefined): { readonly user: string; readonly password: string } | undefined {
  if (value === undefined || value.length > MAX_HEADER_CHARACTERS) return undefined;
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(value)?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
