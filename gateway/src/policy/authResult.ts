import type { LocalAnswer } from './policyRequest.ts';
import type { Identity, PolicySubject } from './policySubject.ts';

/** What one method of authentication found. */
export type AuthResult =
  | { readonly outcome: 'Authenticated'; readonly identity: Identity }
  /** No credential of its kind came, or one that is not valid. */
  | { readonly outcome: 'Refused' }
  /** Whoever knows does not answer. */
  | { readonly outcome: 'Unavailable' }
  /** Somebody else refused, and says with what answer. */
  | { readonly outcome: 'Answered'; readonly answer: LocalAnswer };

/** One compiled method. */
export interface Authenticator {
  authenticate(subject: PolicySubject): AuthResult | Promise<AuthResult>;
  /** What `WWW-Authenticate` asks for (RFC 9110 11.6.1); undefined where there is no scheme for it. */
  readonly challenge: string | undefined;
  /** Names of headers that it writes for the backend, lower case. */
  readonly identityHeaders: readonly string[];
}

export const refused: AuthResult = { outcome: 'Refused' };
export const unavailable: AuthResult = { outcome: 'Unavailable' };

export function authenticated(
  method: string,
  headers: readonly string[],
  claims: Readonly<Record<string, unknown>>,
  isStale = false,
): AuthResult {
  return { outcome: 'Authenticated', identity: { method, headers, claims, isStale } };
}
