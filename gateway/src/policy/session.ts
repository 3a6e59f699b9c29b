import type { AuthMethodOf } from '@evergate/contract/authSettings';
import { ExpiringCache } from '../state/expiringCache.ts';
import type { SharedState } from '../state/sharedState.ts';
import { type StoredSession, StoreError } from '../state/store.ts';
import { type Authenticator, type AuthResult, authenticated, refused, unavailable } from './authResult.ts';
import { compileCredential } from './credential.ts';
import { identityFields } from './identityFields.ts';
import type { PolicySubject } from './policySubject.ts';
import type { Secrets } from './secrets.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A token is an identifier: what has other characters, or is longer, is looked up nowhere. */
const TOKEN = /^[!-~]{1,512}$/;
/** So long a session that this gateway has seen goes on while the store does not answer. */
const KEPT_MS = 300_000;
const MAX_KEPT = 10_000;
const MAX_KEPT_CHARACTERS = 8_388_608;

export interface SessionServices {
  readonly state: SharedState;
  readonly secrets: Secrets;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Sessions in the shared store: any gateway knows those that were made elsewhere. */
export function compileSession(method: AuthMethodOf<'Session'>, services: SessionServices): Authenticator {
  return new Sessions(method, services);
}

class Sessions implements Authenticator {
  readonly challenge = undefined;
  readonly identityHeaders: readonly string[];
  readonly #method: AuthMethodOf<'Session'>;
  readonly #services: SessionServices;
  readonly #read: ReturnType<typeof compileCredential>;
  /** Undefined where none may be used again. */
  readonly #kept: ExpiringCache<string> | undefined;

  constructor(method: AuthMethodOf<'Session'>, services: SessionServices) {
    this.#method = method;
    this.#services = services;
    this.#read = compileCredential([method.from]);
    this.identityHeaders = method.identityHeaders.map(([, header]) => header);
    if (method.onFailure === 'Cached') {
      this.#kept = new ExpiringCache({
        maxEntries: MAX_KEPT,
        maxSize: MAX_KEPT_CHARACTERS,
        sizeOf: (text) => text.length,
        now: services.clock,
      });
    }
  }

  async authenticate(subject: PolicySubject): Promise<AuthResult> {
    const token = this.#read(subject);
    if (token === undefined || !TOKEN.test(token)) return refused;
    const { keyPrefix, renewMs } = this.#method;
    try {
      const stored = await this.#services.state.store.session(`${keyPrefix}${token}`, renewMs);
      const fields = stored === undefined ? undefined : fieldsOf(stored);
      this.#keep(token, fields);
      return fields === undefined ? refused : this.#found(fields, false);
    } catch (error) {
      // What is stored is no session: that is said of it, not of the store.
      if (error instanceof StoreError && error.failure === 'Refused') return refused;
      return this.#fallBack(token);
    }
  }

  #found(fields: Fields, isStale: boolean): AuthResult {
    return authenticated('Session', identityFields(this.#method.identityHeaders, fields), fields, isStale);
  }

  #keep(token: string, fields: Fields | undefined): void {
    if (this.#kept === undefined) return;
    const key = this.#services.secrets.digest(token);
    if (fields === undefined) this.#kept.delete(key);
    else this.#kept.set(key, JSON.stringify(fields), KEPT_MS);
  }

  #fallBack(token: string): AuthResult {
    const kept = this.#kept?.get(this.#services.secrets.digest(token));
    return kept === undefined ? unavailable : this.#found(JSON.parse(kept) as Fields, true);
  }
}

/** The fields of a hash, or of a JSON object; undefined for anything else. */
function fieldsOf(stored: StoredSession): Fields | undefined {
  if (typeof stored !== 'string') return stored;
  try {
    const value: unknown = JSON.parse(stored);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
