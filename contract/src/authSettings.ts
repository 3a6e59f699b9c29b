import { z } from 'zod';

/*
 * How a rule finds out who asks. Secrets stand in the secrets document; here are their ids. Header names are lower case.
 */

const milliseconds = z.number().int().min(0).max(360_000_000);
const headerName = z.string().min(1).max(256);
const backend = z.string().min(1).max(512);
const secretIds = z.array(z.string().min(1).max(512)).max(16);

/** What is known of the client (a claim, a field), and the header that tells it to the backend. */
const identityHeaders = z.array(z.tuple([z.string().min(1).max(256), headerName])).max(32);

const credential = z.object({
  type: z.enum(['Header', 'Cookie', 'QueryParam']),
  name: z.string().min(1).max(256),
  /** What stands in front of it in a header, such as `Bearer `; any case. */
  prefix: z.string().max(32).optional(),
});

/** Asymmetric ones only: with HMAC, whoever can verify could also sign, and a public key could be taken for a secret. */
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']);

const jwt = z.object({
  type: z.literal('JWT'),
  from: z.array(credential).min(1).max(4),
  issuer: z.string().min(1).max(1024).optional(),
  /** One of them is enough; empty: any. */
  audiences: z.array(z.string().min(1).max(1024)).max(16),
  algorithms: z.array(algorithm).min(1).max(10),
  clockSkewMs: milliseconds,
  keys: z.discriminatedUnion('type', [
    /** A JWK Set (RFC 7517) as JSON text. */
    z.object({ type: z.literal('Inline'), jwks: z.string().min(2).max(65_536) }),
    z.object({
      type: z.literal('Backend'),
      backend,
      path: z.string().min(1).max(1024),
      /** Asked over TLS: `ca` is the id of a secret with `ca.crt`, without which the usual authorities count. */
      tls: z.object({ serverName: z.string().min(1).max(253), ca: z.string().min(1).max(512).optional() }).optional(),
    }),
  ]),
  identityHeaders,
});

const apiKey = z.object({
  type: z.literal('APIKey'),
  from: z.array(credential).min(1).max(4),
  secrets: secretIds,
  /** Tells the backend the name of the key. */
  identityHeader: headerName.optional(),
});

const basic = z.object({
  type: z.literal('Basic'),
  realm: z.string().max(128),
  secrets: secretIds,
  /** Tells the backend the name of the user. */
  identityHeader: headerName.optional(),
});

const session = z.object({
  type: z.literal('Session'),
  from: credential,
  keyPrefix: z.string().min(1).max(128),
  identityHeaders,
  /** With each request it lives so long from then on; 0: as long as whoever made it said. */
  renewMs: milliseconds,
  /** While the store does not answer. Cached: a session that this gateway has seen lately goes on. */
  onFailure: z.enum(['Deny', 'Cached']),
});

const external = z.object({
  type: z.literal('External'),
  backend,
  path: z.string().min(1).max(1024),
  timeoutMs: milliseconds,
  /** Of the request, to the service. */
  forwardHeaders: z.array(headerName).max(32),
  /** Of the service's answer, to the backend. */
  identityHeaders: z.array(headerName).max(32),
  cache: z.object({
    /** So long a decision is used without asking again. */
    ttlMs: milliseconds,
    /** So long it stands in while the service fails. */
    staleIfErrorMs: milliseconds,
    /** What of a request a decision is for; absent: method, host, path and every forwarded header. */
    key: z
      .object({ method: z.boolean(), host: z.boolean(), path: z.boolean(), headers: z.array(headerName).max(32) })
      .optional(),
  }),
  circuitBreaker: z.object({
    slidingWindowSize: z.number().int().min(1).max(10_000),
    failureRatePercent: z.number().min(0).max(100),
    openMs: milliseconds,
    halfOpenCalls: z.number().int().min(1).max(1000),
  }),
  onFailure: z.enum(['Deny', 'Allow']),
});

const authMethod = z.discriminatedUnion('type', [jwt, apiKey, basic, session, external]);

/** The first method that succeeds says who it is; where none does, the request is refused. */
const auth = z.object({ anyOf: z.array(authMethod).min(1).max(8) });

/** Ranges of addresses. One that is denied is refused whatever is allowed; with `allow` empty everyone else may pass. */
const access = z.object({ allow: z.array(z.string().max(64)).max(256), deny: z.array(z.string().max(64)).max(256) });

export const authSchema: typeof auth = auth;
export const accessSchema: typeof access = access;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Credential = DeepReadonly<z.infer<typeof credential>>;
export type AuthMethod = DeepReadonly<z.infer<typeof authMethod>>;
export type AuthMethodOf<T extends AuthMethod['type']> = Extract<AuthMethod, { readonly type: T }>;
export type Auth = DeepReadonly<z.infer<typeof auth>>;
export type Access = DeepReadonly<z.infer<typeof access>>;
