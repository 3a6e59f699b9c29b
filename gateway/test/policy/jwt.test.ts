import { createHmac } from 'node:crypto';
import type { AuthMethodOf } from '@evergate/contract/authSettings';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { field } from '../support/messageReader.ts';
import { answer, type UpstreamScript } from '../support/rawUpstream.ts';
import { guarded, seen, startRig } from './policyRig.ts';

interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

let rsa: KeyPair;
let other: KeyPair;
let jwks: string;

beforeAll(async () => {
  rsa = await generateKeyPair('RS256');
  other = await generateKeyPair('RS256');
  jwks = JSON.stringify({ keys: [{ ...(await exportJWK(rsa.publicKey)), kid: 'one', alg: 'RS256' }] });
});

function jwtMethod(fields: Partial<AuthMethodOf<'JWT'>> = {}): AuthMethodOf<'JWT'> {
  return {
    type: 'JWT',
    from: [{ type: 'Header', name: 'authorization', prefix: 'Bearer ' }],
    issuer: 'https://issuer.example',
    audiences: ['shop'],
    algorithms: ['RS256', 'ES256'],
    clockSkewMs: 5_000,
    keys: { type: 'Inline', jwks },
    identityHeaders: [
      ['sub', 'x-user'],
      ['roles', 'x-roles'],
    ],
    ...fields,
  };
}

interface TokenFields {
  readonly kid?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly lifeSeconds?: number | null;
  readonly notBeforeSeconds?: number;
  readonly key?: CryptoKey;
}

function tokenOf(fields: TokenFields = {}): Promise<string> {
  const { kid = 'one', issuer = 'https://issuer.example', audience = 'shop', lifeSeconds = 60 } = fields;
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ roles: ['admin', 'editor'] })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setSubject('ada')
    .setIssuer(issuer)
    .setAudience(audience)
    .setNotBefore(now + (fields.notBeforeSeconds ?? -10));
  if (lifeSeconds !== null) token.setExpirationTime(now + lifeSeconds);
  return token.sign(fields.key ?? rsa.privateKey);
}

function bearer(token: string): string {
  return `Authorization: Bearer ${token}\r\n`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('a JSON Web Token', () => {
  test('that is good lets in, and its claims reach the backend', async () => {
    await using rig = await startRig({ rules: [guarded('/', jwtMethod())] });
    const token = await tokenOf();
    for (let request = 0; request < 3; request++) expect((await rig.get('/', bearer(token))).status).toBe(200);
    expect([seen(rig, 'x-user'), seen(rig, 'x-roles')]).toEqual([['ada'], ['admin,editor']]);
  });

  test('that is not good is refused, without a word why', async () => {
    await using rig = await startRig({ rules: [guarded('/', jwtMethod())] });
    const good = await tokenOf();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const publicPem = await exportSPKI(rsa.publicKey);
    const confused = `${encode({ alg: 'HS256', kid: 'one', typ: 'JWT' })}.${payload}`;
    const hostile = {
      'an algorithm of none': `${encode({ alg: 'none', kid: 'one' })}.${payload}.`,
      'an algorithm of None with a signature': `${encode({ alg: 'None', kid: 'one' })}.${payload}.${signature}`,
      'a public key taken for a secret': `${confused}.${createHmac('sha256', publicPem).update(confused).digest('base64url')}`,
      'a key of its own in the header': `${encode({ alg: 'RS256', jwk: await exportJWK(other.publicKey) })}.${payload}.${signature}`,
      'the signature of another key': await tokenOf({ key: other.privateKey }),
      'no time of its end': await tokenOf({ lifeSeconds: null }),
      'a time that is over': await tokenOf({ lifeSeconds: -10 }),
      'a time that has not come': await tokenOf({ notBeforeSeconds: 60 }),
      'another issuer': await tokenOf({ issuer: 'https://evil.example' }),
      'another audience': await tokenOf({ audience: 'bank' }),
      'an unknown key': await tokenOf({ kid: 'two' }),
      'another payload': `${header}.${encode({ sub: 'root', exp: 9_999_999_999 })}.${signature}`,
      'a critical header that nobody knows': `${encode({ alg: 'RS256', kid: 'one', crit: ['x'], x: 1 })}.${payload}.${signature}`,
      'five parts': `${good}.a.b`,
      'two parts': `${header}.${payload}`,
      'no JSON': 'YQ.YQ.YQ',
      'sixteen thousand characters': `${header}.${'a'.repeat(16_000)}.${signature}`,
      'sixteen kibibytes and more': `${header}.${'a'.repeat(20_000)}.${signature}`,
    };
    for (const [what, token] of Object.entries(hostile)) {
      const response = await rig.get('/', bearer(token));
      expect([what, response.status, field(response, 'www-authenticate')]).toEqual([what, 401, 'Bearer']);
    }
    expect((await rig.get('/', bearer(good))).status).toBe(200);
    expect(rig.gateway.policyErrors).toEqual([]);
    expect(`${JSON.stringify(rig.gateway.accessLines)}${rig.gateway.logLines.join('')}`).not.toContain(signature);
  });

  test('of a megabyte does not get past the limit of headers', async () => {
    await using rig = await startRig({ rules: [guarded('/', jwtMethod())] });
    expect((await rig.get('/', bearer('a'.repeat(1_048_576)))).status).toBe(431);
  });

  test('may be somewhat early or late, as far as the clocks may differ', async () => {
    await using rig = await startRig({ rules: [guarded('/', jwtMethod())] });
    expect((await rig.get('/', bearer(await tokenOf({ notBeforeSeconds: 3 })))).status).toBe(200);
    expect((await rig.get('/', bearer(await tokenOf({ lifeSeconds: -3 })))).status).toBe(200);
  });
});

describe('the keys of a server', () => {
  const fetched = () => jwtMethod({ keys: { type: 'Backend', backend: 'auth', path: '/jwks' } });

  test('are fetched once, also for a thousand tokens of an unknown key', async () => {
    let text = jwks;
    const authScript: UpstreamScript = { onRequest: ({ socket }) => socket.write(answer(text)) };
    await using rig = await startRig({ rules: [guarded('/', fetched())], authScript });
    expect((await rig.get('/', bearer(await tokenOf()))).status).toBe(200);
    const unknown = await tokenOf({ kid: 'two' });
    await using client = await rig.gateway.client();
    for (let round = 0; round < 1_000; round++) {
      client.send(`GET / HTTP/1.1\r\nHost: shop\r\n${bearer(unknown)}\r\n`);
      expect((await client.response()).status).toBe(401);
    }
    expect(rig.auth?.requests).toHaveLength(1);
    text = JSON.stringify({ keys: [...JSON.parse(jwks).keys, { ...(await exportJWK(other.publicKey)), kid: 'two' }] });
    const renewed = await tokenOf({ kid: 'two', key: other.privateKey });
    rig.gateway.skip(60_000);
    expect((await rig.get('/', bearer(renewed))).status).toBe(200);
    expect(rig.auth?.requests).toHaveLength(2);
    process.stdout.write(
      `1,000 tokens of an unknown key: ${rig.auth?.requests.length} fetches in a minute and a bit\n`,
    );
  });

  test('are kept while it does not answer, and asked for in the background', async () => {
    let isUp = true;
    const authScript: UpstreamScript = {
      onRequest: ({ socket }) => socket.write(isUp ? answer(jwks) : answer('no', 'HTTP/1.1 500 Oh')),
    };
    await using rig = await startRig({ rules: [guarded('/', fetched())], authScript });
    expect((await rig.get('/', bearer(await tokenOf()))).status).toBe(200);
    isUp = false;
    rig.gateway.skip(600_000);
    expect((await rig.get('/', bearer(await tokenOf()))).status).toBe(200);
    expect((await rig.get('/', bearer(await tokenOf()))).status).toBe(200);
    expect(rig.gateway.auth.counters.jwksFetches).toBe(2);
  });

  test('that never came are asked for again after a second, and nobody is let in', async () => {
    let isUp = false;
    const authScript: UpstreamScript = {
      onRequest: ({ socket }) => socket.write(isUp ? answer(jwks) : answer('{"keys":"none"}')),
    };
    await using rig = await startRig({ rules: [guarded('/', fetched())], authScript });
    const token = await tokenOf();
    for (let round = 0; round < 3; round++) expect((await rig.get('/', bearer(token))).status).toBe(503);
    expect(rig.auth?.requests).toHaveLength(1);
    isUp = true;
    rig.gateway.skip(1_000);
    expect((await rig.get('/', bearer(token))).status).toBe(200);
  });
});
