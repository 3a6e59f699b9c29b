import type { AuthMethodOf } from '@evergate/contract/authSettings';
import { headerValue } from '../match/headerValue.ts';
import type { CallResponse } from '../upstream/call.ts';
import { type Authenticator, type AuthResult, authenticated, unavailable } from './authResult.ts';
import type { Decision } from './decision.ts';
import type { ExternalService } from './externalService.ts';
import { fieldText } from './identityFields.ts';
import type { PolicyCounters } from './policyCounters.ts';
import type { LocalAnswer } from './policyRequest.ts';
import type { PolicySubject } from './policySubject.ts';
import type { Secrets } from './secrets.ts';

type External = AuthMethodOf<'External'>;

/** Tells the backend that the decision was made before, and the service does not answer now. */
export const staleHeader = 'x-evergate-auth-stale';

/** What of the service's refusal goes to the client. */
const ANSWER_FIELDS = ['content-type', 'www-authenticate', 'location', 'set-cookie', 'retry-after'] as const;

export interface ExternalAuthServices {
  readonly service: ExternalService;
  readonly secrets: Secrets;
  readonly counters: PolicyCounters;
}

/** Asks a service whether a request may pass: 2xx lets it, another status below 500 is the client's answer, all else is a failure. */
export function compileExternal(method: External, services: ExternalAuthServices): Authenticator {
  return new ExternalAuth(method, services);
}

class ExternalAuth implements Authenticator {
  readonly challenge = undefined;
  readonly identityHeaders: readonly string[];
  readonly #method: External;
  readonly #services: ExternalAuthServices;

  constructor(method: External, services: ExternalAuthServices) {
    this.#method = method;
    this.#services = services;
    this.identityHeaders = [...method.identityHeaders, staleHeader];
  }

  async authenticate(subject: PolicySubject): Promise<AuthResult> {
    const { service } = this.#services;
    const { ttlMs } = this.#method.cache;
    const key = this.#keyOf(subject);
    if (ttlMs > 0) {
      const known = service.decisions.remembered(key) ?? (await service.decisions.shared(key));
      if (known?.allowed === true && Date.now() - known.at < ttlMs) return allow(known, false);
    }
    const answer = await service.ask(key, () => this.#question(subject));
    if (answer === undefined) return this.#fallBack(key);
    const decision: Decision = { ...this.#read(answer), at: Date.now() };
    service.decisions.keep(key, decision);
    return decision.allowed ? allow(decision, false) : { outcome: 'Answered', answer: refusal(answer, subject) };
  }

  #read({ status, fields }: CallResponse): Omit<Decision, 'at'> {
    if (status < 200 || status > 299) return { allowed: false, headers: [] };
    const headers = this.#method.identityHeaders.flatMap((name) => {
      const value = fields[name];
      const text = value === undefined ? undefined : fieldText(Array.isArray(value) ? value.join(', ') : value);
      return text === undefined ? [] : [name, text];
    });
    return { allowed: true, headers };
  }

  /** The service fails: what it decided before stands in, as long as that may. A refusal among it stays one. */
  async #fallBack(key: string): Promise<AuthResult> {
    const { service, counters } = this.#services;
    const { cache, onFailure } = this.#method;
    const known = await service.decisions.shared(key);
    if (known !== undefined && Date.now() - known.at < cache.staleIfErrorMs)
      return known.allowed ? allow(known, true) : unavailable;
    if (onFailure === 'Deny') return unavailable;
    counters.auth.AllowedUnchecked++;
    return authenticated('External', [], {});
  }

  /** What the decision is for, hashed: the store holds no credential. */
  #keyOf({ method, host, path, headers }: PolicySubject): string {
    const { forwardHeaders, cache } = this.#method;
    const key = cache.key ?? { method: true, host: true, path: true, headers: forwardHeaders };
    const values = key.headers.map((name) => headerValue(headers, name) ?? null);
    const parts = [key.method ? method : null, key.host ? host : null, key.path ? path : null, ...values];
    return this.#services.secrets.digest(JSON.stringify([this.#method.backend, this.#method.path, ...parts]));
  }

  #question({ headers, method, scheme, authority, path, query, clientAddress }: PolicySubject): string[] {
    const fields: string[] = [];
    for (const name of this.#method.forwardHeaders) {
      const value = headerValue(headers, name);
      if (value !== undefined) fields.push(name, value);
    }
    fields.push('x-forwarded-method', method, 'x-forwarded-proto', scheme, 'x-forwarded-for', clientAddress);
    if (authority !== '') fields.push('x-forwarded-host', authority);
    fields.push('x-forwarded-uri', query === '' ? path : `${path}?${query}`);
    return fields;
  }
}

function allow({ headers, at }: Decision, isStale: boolean): AuthResult {
  if (!isStale) return authenticated('External', headers, {});
  const ageSeconds = Math.max(0, Math.round((Date.now() - at) / 1_000));
  return authenticated('External', [...headers, staleHeader, `age=${ageSeconds}`], {}, true);
}

function refusal({ status, fields, body }: CallResponse, { method }: PolicySubject): LocalAnswer {
  const headers: string[] = [];
  for (const name of ANSWER_FIELDS) {
    const value = fields[name];
    for (const line of value === undefined ? [] : [value].flat()) headers.push(name, line);
  }
  headers.push('content-length', String(body.length), 'cache-control', 'no-store');
  return { status, headers, ...(method === 'HEAD' || body.length === 0 ? {} : { body }) };
}
