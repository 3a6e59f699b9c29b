import { z } from 'zod';
import { authorityRef, credential, credentials, identityHeader, secretRefs } from './authFields.ts';
import { externalAuth } from './externalAuth.ts';
import { namespaceName, port, preciseHostname, serviceName, urlPath } from './fields.ts';
import { claimName } from './rateLimits.ts';
import { type DeepReadonly, duration, list, listSet, patternText, text, withRules } from './schema.ts';

/* How a rule finds out who asks. */

const jwksBackend = z.strictObject({
  backendRef: z
    .strictObject({
      name: serviceName.describe('The name of a Service.'),
      namespace: namespaceName
        .optional()
        .describe('Its namespace; another than that of this object needs a ReferenceGrant there.'),
      port: port.describe('The port of the Service.'),
    })
    .describe('Who has the keys.'),
  path: urlPath.default('/.well-known/jwks.json').describe('Where they are there.'),
  tls: z
    .strictObject({
      serverName: preciseHostname
        .optional()
        .describe(
          'What the certificate must be for, and the host that is asked for. Unset: the name of an ExternalName Service, else <name>.<namespace>.svc.',
        ),
      secretRef: authorityRef,
    })
    .optional()
    .describe('It is asked over https. Unset: over http.'),
});

const jwks = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('Backend'),
      backend: jwksBackend.describe(
        'A server that has them as a JWK Set. They are renewed in the background, and kept while it does not answer.',
      ),
    }),
    z.strictObject({
      type: z.literal('Inline'),
      inline: text(65_536).describe('The JWK Set itself, as JSON: public keys only.'),
    }),
  ])
  .describe('The keys that signatures are verified with.');

const jwt = z.strictObject({
  from: credentials
    .prefault([{ type: 'Header', name: 'Authorization', prefix: 'Bearer ' }])
    .describe('Where tokens stand; the first place that has one counts.'),
  issuer: text(512).optional().describe('What `iss` must be. Unset: anything.'),
  audiences: listSet(text(512), 8).default([]).describe('One of these must be among `aud`. Empty: anything.'),
  algorithms: listSet(
    z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']),
    10,
  )
    .min(1)
    .default(['RS256', 'ES256'])
    .describe('The algorithms that tokens may be signed with. Only those with a public key can be named.'),
  clockSkew: duration('0s', '5m').default('30s').describe('So much may clocks differ.'),
  jwks,
  identityHeaders: list(
    z.strictObject({
      claim: claimName.describe('The name of a claim.'),
      header: identityHeader.describe('The header that tells it to the backend.'),
    }),
    16,
  )
    .default([])
    .describe('What the backend is told. Clients cannot send these headers.'),
});

const apiKey = z.strictObject({
  from: credentials
    .prefault([{ type: 'Header', name: 'X-API-Key' }])
    .describe('Where keys stand; the first place that has one counts.'),
  secretRefs: secretRefs.describe('Secrets whose entries are keys by name. They are handed on as hashes only.'),
  identityHeader: identityHeader.optional().describe('The header that tells the backend the name of the key.'),
});

const basic = z.strictObject({
  realm: patternText({
    max: 128,
    pattern: /^[ !#-[\]-~]+$/,
    accepts: 'printable ASCII without quotes and backslashes',
  })
    .default('restricted')
    .describe('What browsers show when they ask for a password.'),
  secretRefs: secretRefs.describe(
    'Secrets with users under `auth`: lines of a name, a colon, and a hash by bcrypt or scrypt, as htpasswd writes them.',
  ),
  identityHeader: identityHeader.optional().describe('The header that tells the backend the name of the user.'),
});

const keyPrefix = withRules(
  patternText({
    max: 64,
    pattern: /^[A-Za-z0-9_.:/-]+$/,
    accepts: 'letters, digits, and any of _ . : / -',
  }),
  {
    cel: "!self.startsWith('evergate')",
    holds: (prefix) => !prefix.startsWith('evergate'),
    message: 'must not begin with evergate: gateways keep what is theirs there',
  },
);

const session = z.strictObject({
  from: credential.describe('Where the token of the session stands.'),
  keyPrefix: keyPrefix
    .default('session:')
    .describe('What stands in front of the token in the keys of Redis. The value is a JSON object, or a hash.'),
  identityHeaders: list(
    z.strictObject({
      field: claimName.describe('The name of a field.'),
      header: identityHeader.describe('The header that tells it to the backend.'),
    }),
    16,
  )
    .default([])
    .describe('What the backend is told. Clients cannot send these headers.'),
  slidingExpiry: duration('1s', '8760h')
    .optional()
    .describe('With each request the session lives so long from then on. Unset: as long as whoever made it said.'),
  onFailure: z
    .enum(['Deny', 'Cached'])
    .default('Deny')
    .describe(
      'While Redis does not answer. Deny: 503. Cached: a session that the same gateway has seen in the last five minutes goes on.',
    ),
});

const method = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('JWT'), jwt: jwt.describe('A signed JSON Web Token.') }),
  z.strictObject({ type: z.literal('APIKey'), apiKey: apiKey.describe('A key from a Secret.') }),
  z.strictObject({ type: z.literal('Basic'), basic: basic.describe('A name and a password.') }),
  z.strictObject({ type: z.literal('Session'), session: session.describe('A session in the Redis of the fleet.') }),
  z.strictObject({ type: z.literal('External'), external: externalAuth.describe('A service that decides.') }),
]);

export const routeAuth = z.strictObject({
  anyOf: list(method, 4)
    .min(1)
    .describe('Ways to say who asks. The first that succeeds counts; where none does, the request is answered 401.'),
});

export type AuthSpec = DeepReadonly<z.infer<typeof routeAuth>>;
export type AuthMethodSpec = AuthSpec['anyOf'][number];
