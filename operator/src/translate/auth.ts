import type { Auth, AuthMethod, AuthMethodOf, Credential } from '@evergate/contract/authSettings';
import type { ExternalAuthSpec } from '@evergate/crds/externalAuth';
import type { AuthMethodSpec, AuthSpec } from '@evergate/crds/routeAuth';
import type { ServicePort } from './backends.ts';
import { type PolicyContext, unresolvedBackend } from './policyContext.ts';
import type { SecretUse } from './secrets.ts';
import { milliseconds } from './settings.ts';

type SpecOf<T extends AuthMethodSpec['type']> = Extract<AuthMethodSpec, { readonly type: T }>;

/**
 * Brings authentication into the table's form. What it names and cannot be found is told, and stays in it: who cannot be asked lets
 * nobody in, so that a mistake or a withdrawal never opens a route.
 */
export function readAuth({ anyOf }: AuthSpec, context: PolicyContext): Auth {
  return { anyOf: anyOf.map((method, at) => readMethod(method, `anyOf[${at}]`, context)) };
}

function readMethod(method: AuthMethodSpec, place: string, context: PolicyContext): AuthMethod {
  switch (method.type) {
    case 'JWT':
      return readJwt(method.jwt, `${place}.jwt`, context);
    case 'APIKey': {
      const { from, secretRefs, identityHeader } = method.apiKey;
      const secrets = secretIds('keys', secretRefs, `${place}.apiKey`, context);
      return { type: 'APIKey', from: from.map(readCredential), secrets, ...lowerCase({ identityHeader }) };
    }
    case 'Basic': {
      const { realm, secretRefs, identityHeader } = method.basic;
      const secrets = secretIds('users', secretRefs, `${place}.basic`, context);
      return { type: 'Basic', realm, secrets, ...lowerCase({ identityHeader }) };
    }
    case 'Session':
      return readSession(method.session);
    case 'External':
      return readExternal(method.external, `${place}.external`, context);
  }
}

function readJwt(jwt: SpecOf<'JWT'>['jwt'], place: string, context: PolicyContext): AuthMethodOf<'JWT'> {
  const { from, issuer, audiences, algorithms, clockSkew, jwks, identityHeaders } = jwt;
  return {
    type: 'JWT',
    from: from.map(readCredential),
    ...(issuer === undefined ? {} : { issuer }),
    audiences,
    algorithms,
    clockSkewMs: milliseconds(clockSkew),
    keys:
      jwks.type === 'Inline'
        ? { type: 'Inline', jwks: keySetOf(jwks.inline, `${place}.jwks.inline`, context) }
        : readKeyServer(jwks.backend, `${place}.jwks.backend`, context),
    identityHeaders: identityHeaders.map(({ claim, header }) => [claim, header.toLowerCase()]),
  };
}

type KeyServer = Extract<SpecOf<'JWT'>['jwt']['jwks'], { readonly type: 'Backend' }>['backend'];

function readKeyServer(
  { backendRef, path, tls }: KeyServer,
  place: string,
  context: PolicyContext,
): AuthMethodOf<'JWT'>['keys'] {
  const backend = backendOf(backendRef, `${place}.backendRef`, context);
  if (tls === undefined) return { type: 'Backend', backend, path };
  const serverName = tls.serverName ?? serverNameOf(backendRef, context);
  if (tls.secretRef === undefined) return { type: 'Backend', backend, path, tls: { serverName } };
  const { id, finding } = context.secrets.resolve('ca', context.namespace, tls.secretRef.name);
  if (finding !== undefined) context.onUnresolved(`${place}.tls.secretRef`, finding);
  return { type: 'Backend', backend, path, tls: { serverName, ca: id } };
}

/** What a Service is called by its clients: outside by the name that it stands for. */
function serverNameOf(ref: ServicePort, { namespace, resolve }: PolicyContext): string {
  const resolution = resolve(namespace, ref);
  const external = resolution.outcome === 'Resolved' ? resolution.backend.endpoints.externalName : undefined;
  return external?.hostname ?? `${ref.name}.${ref.namespace ?? namespace}.svc`;
}

/** A text that is no JWK Set verifies nothing: a set without keys stands in for it. */
function keySetOf(text: string, place: string, { onUnresolved }: PolicyContext): string {
  if (isKeySet(text)) return text;
  const message = 'found no JWK Set; give {"keys": [...]} as JSON, with at most 100 public keys';
  onUnresolved(place, { reason: 'UnsupportedValue', message });
  return '{"keys":[]}';
}

function isKeySet(text: string): boolean {
  try {
    const { keys } = Object(JSON.parse(text)) as { readonly keys?: unknown };
    const isKey = (key: unknown): boolean => typeof key === 'object' && key !== null && 'kty' in key;
    return Array.isArray(keys) && keys.length <= 100 && keys.every(isKey);
  } catch {
    return false;
  }
}

function readSession(session: SpecOf<'Session'>['session']): AuthMethodOf<'Session'> {
  const { from, keyPrefix, identityHeaders, slidingExpiry, onFailure } = session;
  return {
    type: 'Session',
    from: readCredential(from),
    keyPrefix,
    identityHeaders: identityHeaders.map(({ field, header }) => [field, header.toLowerCase()]),
    renewMs: slidingExpiry === undefined ? 0 : milliseconds(slidingExpiry),
    onFailure,
  };
}

function readExternal(external: ExternalAuthSpec, place: string, context: PolicyContext): AuthMethodOf<'External'> {
  const { backendRef, path, timeout, forwardHeaders, identityHeaders, cache, circuitBreaker, onFailure } = external;
  const { slidingWindowSize, failureRateThreshold, openDuration, halfOpenCalls } = circuitBreaker;
  return {
    type: 'External',
    backend: backendOf(backendRef, `${place}.backendRef`, context),
    path,
    timeoutMs: milliseconds(timeout),
    forwardHeaders: lowerCased(forwardHeaders),
    identityHeaders: lowerCased(identityHeaders),
    cache: {
      ttlMs: milliseconds(cache.ttl),
      staleIfErrorMs: milliseconds(cache.staleIfError),
      ...(cache.key === undefined ? {} : { key: { ...cache.key, headers: lowerCased(cache.key.headers) } }),
    },
    circuitBreaker: {
      slidingWindowSize,
      failureRatePercent: failureRateThreshold,
      openMs: milliseconds(openDuration),
      halfOpenCalls,
    },
    onFailure,
  };
}

function readCredential({ type, name, prefix }: Credential): Credential {
  return { type, name: type === 'Header' ? name.toLowerCase() : name, ...(prefix === undefined ? {} : { prefix }) };
}

function backendOf(ref: ServicePort, place: string, { namespace, resolve, onUnresolved }: PolicyContext): string {
  const resolution = resolve(namespace, ref);
  if (resolution.outcome === 'Resolved') return resolution.backend.endpoints.id;
  onUnresolved(place, resolution.finding);
  return unresolvedBackend;
}

function secretIds(
  use: SecretUse,
  refs: readonly { readonly name: string }[],
  place: string,
  { namespace, secrets, onUnresolved }: PolicyContext,
): readonly string[] {
  return refs.map(({ name }, at) => {
    const { id, finding } = secrets.resolve(use, namespace, name);
    if (finding !== undefined) onUnresolved(`${place}.secretRefs[${at}]`, finding);
    return id;
  });
}

function lowerCase({ identityHeader }: { readonly identityHeader: string | undefined }): { identityHeader?: string } {
  return identityHeader === undefined ? {} : { identityHeader: identityHeader.toLowerCase() };
}

function lowerCased(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}

/** The backends that authentication needs. */
export function authBackends(auth: Auth | undefined): readonly string[] {
  return (auth?.anyOf ?? []).flatMap((method) => {
    if (method.type === 'External') return [method.backend];
    return method.type === 'JWT' && method.keys.type === 'Backend' ? [method.keys.backend] : [];
  });
}

/** The secrets that authentication needs. */
export function authSecrets(auth: Auth | undefined): readonly string[] {
  return (auth?.anyOf ?? []).flatMap((method) => {
    if (method.type === 'APIKey' || method.type === 'Basic') return method.secrets;
    if (method.type !== 'JWT' || method.keys.type !== 'Backend') return [];
    return method.keys.tls?.ca ?? [];
  });
}
