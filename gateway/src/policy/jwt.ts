import { hash } from 'node:crypto';
import type { AuthMethodOf } from '@evergate/contract/authSettings';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ExpiringCache } from '../state/expiringCache.ts';
import { type Authenticator, type AuthResult, authenticated, refused, unavailable } from './authResult.ts';
import { compileCredential } from './credential.ts';
import { identityFields } from './identityFields.ts';
import { loadJose } from './jose.ts';
import type { KeySource } from './jwks.ts';
import type { PolicySubject } from './policySubject.ts';

const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** A key that was withdrawn is out of use this much later at most. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;
const UNKNOWN_KEY = 'ERR_JWKS_NO_MATCHING_KEY';

/** JSON Web Tokens (RFC 7519), signed with one of the algorithms that the route allows. */
export function compileJwt(method: AuthMethodOf<'JWT'>, source: KeySource, clock: () => number): Authenticator {
  return new Jwt(method, source, clock);
}

class Jwt implements Authenticator {
  readonly challenge: string | undefined;
  readonly identityHeaders: readonly string[];
  readonly #method: AuthMethodOf<'JWT'>;
  readonly #source: KeySource;
  readonly #read: ReturnType<typeof compileCredential>;
  /** Claims of tokens that were verified with the keys of now, by hash. */
  readonly #verified: ExpiringCache<JWTPayload>;
  #version = 0;

  constructor(method: AuthMethodOf<'JWT'>, source: KeySource, clock: () => number) {
    this.#method = method;
    this.#source = source;
    this.#read = compileCredential(method.from);
    this.#verified = new ExpiringCache({ maxEntries: MAX_REMEMBERED, now: clock });
    this.identityHeaders = method.identityHeaders.map(([, header]) => header);
    this.challenge = method.from.some(({ type }) => type === 'Header') ? 'Bearer' : undefined;
  }

  async authenticate(subject: PolicySubject): Promise<AuthResult> {
    const token = this.#read(subject);
    if (token === undefined || !TOKEN.test(token)) return refused;
    const keys = await this.#source.keys();
    if (keys === undefined) return unavailable;
    this.#forgetOthers();
    const digest = hash('sha256', token, 'base64url');
    const claims = this.#verified.get(digest) ?? (await this.#verify(token, digest, keys));
    if (claims === undefined) return refused;
    return authenticated('JWT', identityFields(this.#method.identityHeaders, claims), claims);
  }

  async #verify(token: string, digest: string, keys: JWTVerifyGetKey): Promise<JWTPayload | undefined> {
    const claims = await this.#claimsOf(token, keys);
    if (claims !== UNKNOWN_KEY) return this.#remember(digest, claims);
    if (!(await this.#source.renew())) return undefined;
    const renewed = await this.#source.keys();
    const found = renewed === undefined ? undefined : await this.#claimsOf(token, renewed);
    return found === UNKNOWN_KEY ? undefined : this.#remember(digest, found);
  }

  /** Undefined for whatever is wrong with it: who sent it learns no more than that. */
  async #claimsOf(token: string, keys: JWTVerifyGetKey): Promise<JWTPayload | typeof UNKNOWN_KEY | undefined> {
    const { algorithms, issuer, audiences, clockSkewMs } = this.#method;
    const { jwtVerify } = await loadJose();
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: [...algorithms],
        clockTolerance: clockSkewMs / 1_000,
        // One without an end would be good for ever.
        requiredClaims: ['exp'],
        ...(issuer === undefined ? {} : { issuer }),
        ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
      });
      return payload;
    } catch (error) {
      return codeOf(error) === UNKNOWN_KEY ? UNKNOWN_KEY : undefined;
    }
  }

  #remember(digest: string, claims: JWTPayload | undefined): JWTPayload | undefined {
    if (claims === undefined) return undefined;
    const leftMs = (claims.exp ?? 0) * 1_000 + this.#method.clockSkewMs - Date.now();
    this.#verified.set(digest, claims, Math.min(REMEMBERED_MS, leftMs));
    return claims;
  }

  #forgetOthers(): void {
    if (this.#version === this.#source.version) return;
    this.#version = this.#source.version;
    this.#verified.clear();
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
