import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { AuthMethodOf } from '@evergate/contract/authSettings';
import type { SecretEntry } from '@evergate/contract/secrets';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Certificate, certificateFor } from '../support/certificate.ts';
import { GatewayUnderTest } from '../support/gatewayUnderTest.ts';
import { RawUpstream } from '../support/rawUpstream.ts';
import { guarded } from './policyRig.ts';

const NAME = 'issuer.test';

let certificate: Certificate;
let stranger: Certificate;
let token: string;
let jwks: string;
let server: Server;
let app: RawUpstream;
let answer: RequestListener;
const asked: string[] = [];

beforeAll(async () => {
  [certificate, stranger] = await Promise.all([certificateFor(NAME), certificateFor(NAME)]);
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
  const signing = new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'one' }).setExpirationTime('1h');
  token = await signing.sign(privateKey);
  server = createServer({ key: certificate.key, cert: certificate.certificate }, (request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  app = await RawUpstream.start();
});

afterAll(async () => {
  server.close();
  await app[Symbol.asyncDispose]();
});

beforeEach(() => {
  asked.length = 0;
  answer = (_, response) => response.end(jwks);
});

let gateway: GatewayUnderTest;
afterEach(() => gateway[Symbol.asyncDispose]());

function serverPort(): number {
  return (server.address() as AddressInfo).port;
}

interface Trust {
  readonly serverName?: string;
  /** What the secrets hold. */
  readonly ca?: string | undefined;
  /** Whether the rule names it. */
  readonly names?: boolean;
}

function optionsOf({ serverName = NAME, ca = certificate.ca, names = true }: Trust) {
  const method: AuthMethodOf<'JWT'> = {
    type: 'JWT',
    from: [{ type: 'Header', name: 'authorization', prefix: 'Bearer ' }],
    audiences: [],
    algorithms: ['ES256'],
    clockSkewMs: 0,
    keys: {
      type: 'Backend',
      backend: 'issuer',
      path: '/jwks',
      tls: { serverName, ...(names ? { ca: 'shop/authority/ca' } : {}) },
    },
    identityHeaders: [],
  };
  const entry: SecretEntry = { id: 'shop/authority/ca', type: 'Opaque', data: { 'ca.crt': ca } };
  return { rules: [guarded('/', method)], secrets: ca === '' ? [] : [entry] };
}

async function serve(trust: Trust = {}): Promise<void> {
  gateway = await GatewayUnderTest.start({ ...optionsOf(trust), backends: backends() });
}

function backends() {
  return { app: [app.port], issuer: [serverPort()] };
}

async function status(): Promise<number> {
  await using client = await gateway.client();
  client.send(`GET / HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return (await client.response()).status;
}

test('keys come over https from whom the authority vouches for, and are asked for by its name', async () => {
  await serve();
  expect([await status(), await status()]).toEqual([200, 200]);
  expect(asked).toEqual([`${NAME}:${serverPort()} /jwks`]);
});

test.each([
  ['for another name', () => ({ serverName: 'other.test' })],
  ['by another authority of the same name', () => ({ ca: stranger.ca })],
  ['by an authority that nobody named', () => ({ names: false })],
  ['by an authority whose Secret is gone', () => ({ ca: '' })],
])('a certificate %s brings no keys, and lets nobody in', async (_, trust) => {
  await serve(trust());
  expect(await status()).toBe(503);
  expect(asked).toEqual([]);
  expect(gateway.auth.counters.jwksFetchFailures).toBe(1);
});

test('an authority that is exchanged counts from the next question on', async () => {
  await serve({ ca: stranger.ca });
  expect(await status()).toBe(503);
  await gateway.serve({ ...optionsOf({}), backends: backends() });
  gateway.skip(1_000);
  expect(await status()).toBe(200);
});

test('an answer that is too long, or no JWK Set, brings no keys', async () => {
  answer = (_, response) => response.end(`${jwks}${' '.repeat(300_000)}`);
  await serve();
  expect(await status()).toBe(503);
  answer = (_, response) => response.writeHead(500).end(jwks);
  gateway.skip(1_000);
  expect(await status()).toBe(503);
  answer = (_, response) => response.end(jwks);
  gateway.skip(1_000);
  expect(await status()).toBe(200);
  expect(asked).toHaveLength(3);
});

test('keys that are known stay while nobody answers', async () => {
  await serve();
  expect(await status()).toBe(200);
  answer = (request) => request.socket.destroy();
  gateway.skip(300_000);
  expect(await status()).toBe(200);
});
