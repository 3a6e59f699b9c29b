import { createHmac } from 'node:crypto';
import type { AuthMethod, AuthMethodOf } from '@evergate/contract/authSettings';
import type { RateLimit } from '@evergate/contract/limitSettings';
import type { Rule } from '@evergate/contract/routeTable';
import { fleetKeyId, type SecretEntry } from '@evergate/contract/secrets';
import { type GatewayOptions, GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { fieldValues } from '../support/messageReader.ts';
import type { Response } from '../support/rawClient.ts';
import { RawUpstream, type UpstreamScript } from '../support/rawUpstream.ts';

/** A gateway before a backend `app` and, where there is a script for it, a service `auth`. */
export interface PolicyRig extends AsyncDisposable {
  readonly gateway: GatewayUnderTest;
  readonly app: RawUpstream;
  readonly auth: RawUpstream | undefined;
  /** Sends a GET with these fields on a connection of its own. */
  get(path?: string, fields?: string): Promise<Response>;
  /** Serves another table before the same backends. */
  serve(options: RigOptions): Promise<void>;
}

export interface RigOptions extends Omit<GatewayOptions, 'backends'> {
  readonly authScript?: UpstreamScript;
}

export async function startRig({ authScript, ...options }: RigOptions = {}): Promise<PolicyRig> {
  const stack = new AsyncDisposableStack();
  const app = stack.use(await RawUpstream.start());
  const auth = authScript === undefined ? undefined : stack.use(await RawUpstream.start(authScript));
  const backends = { app: [app.port], ...(auth === undefined ? {} : { auth: [auth.port] }) };
  const gateway = stack.use(await GatewayUnderTest.start({ ...options, backends }));
  return {
    gateway,
    app,
    auth,
    async get(path = '/', fields = '') {
      await using client = await gateway.client();
      client.send(`GET ${path} HTTP/1.1\r\nHost: shop.example.com\r\n${fields}\r\n`);
      return await client.response();
    },
    serve: (next) => gateway.serve({ ...next, backends }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A rule that authenticates with these methods, for this path. */
export function guarded(path: string, ...anyOf: AuthMethod[]): Partial<Rule> {
  return to('app', {
    matches: [{ path: { type: 'PathPrefix', value: path }, headers: [], queryParams: [] }],
    auth: { anyOf },
  });
}

export function limitOf(fields: Partial<RateLimit> = {}): RateLimit {
  return {
    id: 'shop/orders/api/default',
    name: 'default',
    key: { type: 'ClientAddress' },
    requests: 2,
    windowMs: 60_000,
    burst: 2,
    algorithm: 'SlidingWindow',
    scope: 'Shared',
    onFailure: 'Local',
    dryRun: false,
    ...fields,
  };
}

const FLEET_KEY = Buffer.from('a key of the fleet, 32 bytes long');

/** The secrets document's entries for API keys by name, and for users by password hash. */
export function secretsOf(
  keys: Readonly<Record<string, string>>,
  users: Readonly<Record<string, string>> = {},
): SecretEntry[] {
  const digests = Object.entries(keys).map(([name, key]) => [
    createHmac('sha256', FLEET_KEY).update(key).digest('base64url'),
    name,
  ]);
  return [
    { id: fleetKeyId, type: 'Opaque', data: { key: FLEET_KEY.toString('base64') } },
    { id: 'shop/keys', type: 'APIKey', data: Object.fromEntries(digests) },
    { id: 'shop/users', type: 'BasicAuth', data: users },
  ];
}

export function apiKeyMethod(fields: Partial<AuthMethodOf<'APIKey'>> = {}): AuthMethod {
  return {
    type: 'APIKey',
    from: [{ type: 'Header', name: 'x-api-key' }],
    secrets: ['shop/keys'],
    identityHeader: 'x-client',
    ...fields,
  };
}

export function sessionMethod(fields: Partial<AuthMethodOf<'Session'>> = {}): AuthMethod {
  return {
    type: 'Session',
    from: { type: 'Cookie', name: 'sid' },
    keyPrefix: 'session:',
    identityHeaders: [['user', 'x-user']],
    renewMs: 0,
    onFailure: 'Deny',
    ...fields,
  };
}

export function externalMethod(fields: Partial<AuthMethodOf<'External'>> = {}): AuthMethod {
  return {
    type: 'External',
    backend: 'auth',
    path: '/check',
    timeoutMs: 2_000,
    forwardHeaders: ['authorization'],
    identityHeaders: ['x-user'],
    cache: { ttlMs: 0, staleIfErrorMs: 300_000 },
    circuitBreaker: { slidingWindowSize: 10, failureRatePercent: 50, openMs: 30_000, halfOpenCalls: 3 },
    onFailure: 'Deny',
    ...fields,
  };
}

/** The field's value in the latest request that the backend saw. */
export function seen({ app }: PolicyRig, name: string): string[] {
  const request = app.requests.at(-1);
  return request === undefined ? [] : fieldValues(request, name);
}
