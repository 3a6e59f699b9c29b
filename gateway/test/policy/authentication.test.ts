import { scryptSync } from 'node:crypto';
import type { AuthMethod } from '@evergate/contract/authSettings';
import { describe, expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { endpointOf, to } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import { apiKeyMethod, guarded, secretsOf, seen, sessionMethod, startRig } from './policyRig.ts';

const basic: AuthMethod = { type: 'Basic', realm: 'shop', secrets: ['shop/users'], identityHeader: 'x-user' };

function basicField(user: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
}

describe('API keys', () => {
  test('let in who has one, and tell the backend its name', async () => {
    await using rig = await startRig({ rules: [guarded('/', apiKeyMethod())], secrets: secretsOf({ ada: 'key-a' }) });
    expect((await rig.get('/', 'X-Api-Key: key-a\r\n')).status).toBe(200);
    expect(seen(rig, 'x-client')).toEqual(['ada']);
    expect((await rig.gateway.settled())['auth']).toBe('APIKey');
    for (const fields of ['', 'X-Api-Key: key-b\r\n', 'X-Api-Key: __proto__\r\n', 'X-Api-Key:\r\n']) {
      expect((await rig.get('/', fields)).status).toBe(401);
    }
  });

  test('that were taken away are refused from the next request on', async () => {
    await using rig = await startRig({ rules: [guarded('/', apiKeyMethod())], secrets: secretsOf({ ada: 'key-a' }) });
    expect((await rig.get('/', 'X-Api-Key: key-a\r\n')).status).toBe(200);
    rig.gateway.auth.secrets.update(secretsOf({}));
    expect((await rig.get('/', 'X-Api-Key: key-a\r\n')).status).toBe(401);
  });

  test('can stand behind a scheme, which is asked for', async () => {
    const method = apiKeyMethod({ from: [{ type: 'Header', name: 'authorization', prefix: 'Bearer ' }] });
    await using rig = await startRig({ rules: [guarded('/', method)], secrets: secretsOf({ ada: 'key-a' }) });
    expect((await rig.get('/', 'Authorization: bearer key-a\r\n')).status).toBe(200);
    const refused = await rig.get('/', 'Authorization: key-a\r\n');
    expect([refused.status, field(refused, 'www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe('Basic authentication', () => {
  const salt = Buffer.from('salt of this test');
  const digest = scryptSync('tiger', salt, 32, { N: 1024, r: 8, p: 1 });
  const users = {
    ada: hashSync('lovelace', 4),
    bob: `$scrypt$ln=10,r=8,p=1$${salt.toString('base64')}$${digest.toString('base64')}`,
  };

  test('compares bcrypt and scrypt hashes', async () => {
    await using rig = await startRig({ rules: [guarded('/', basic)], secrets: secretsOf({}, users) });
    expect((await rig.get('/', basicField('ada', 'lovelace'))).status).toBe(200);
    expect(seen(rig, 'x-user')).toEqual(['ada']);
    expect((await rig.get('/', basicField('bob', 'tiger'))).status).toBe(200);
    const refused = await rig.get('/', basicField('ada', 'tiger'));
    expect([refused.status, field(refused, 'www-authenticate')]).toEqual([401, 'Basic realm="shop", charset="UTF-8"']);
    for (const fields of [basicField('eve', 'x'), 'Authorization: Basic ====\r\n', 'Authorization: Basic\r\n', '']) {
      expect((await rig.get('/', fields)).status).toBe(401);
    }
  });

  test('remembers what matched, and forgets it with the password', async () => {
    await using rig = await startRig({ rules: [guarded('/', basic)], secrets: secretsOf({}, users) });
    expect((await rig.get('/', basicField('ada', 'lovelace'))).status).toBe(200);
    rig.gateway.auth.secrets.update(secretsOf({}, { ada: hashSync('countess', 4) }));
    expect((await rig.get('/', basicField('ada', 'lovelace'))).status).toBe(401);
    expect((await rig.get('/', basicField('ada', 'countess'))).status).toBe(200);
  });
});

describe('sessions', () => {
  test('are found in the store, and their fields told to the backend', async () => {
    await using rig = await startRig({ rules: [guarded('/', sessionMethod())] });
    await rig.gateway.auth.state.store.set(
      'session:t1',
      JSON.stringify({ user: 'Adä\r\nX-Evil: 1', other: 1 }),
      60_000,
    );
    expect((await rig.get('/', 'Cookie: a=b; sid=t1\r\n')).status).toBe(200);
    expect(seen(rig, 'x-user')).toEqual(['Ad%C3%A4%0D%0AX-Evil: 1']);
    expect(seen(rig, 'x-evil')).toEqual([]);
    for (const cookie of ['sid=t2', 'sid=', 'sid=a b', `sid=${'x'.repeat(600)}`, 'sit=t1']) {
      expect((await rig.get('/', `Cookie: ${cookie}\r\n`)).status).toBe(401);
    }
  });

  test('that are no object are none', async () => {
    await using rig = await startRig({ rules: [guarded('/', sessionMethod())] });
    for (const [token, text] of Object.entries({ t1: '[]', t2: '"a"', t3: '{', t4: 'null' })) {
      await rig.gateway.auth.state.store.set(`session:${token}`, text, 60_000);
      expect((await rig.get('/', `Cookie: sid=${token}\r\n`)).status).toBe(401);
    }
  });
});

describe('anyOf', () => {
  test('lets in who has one of several credentials', async () => {
    const rules = [guarded('/', sessionMethod(), apiKeyMethod())];
    await using rig = await startRig({ rules, secrets: secretsOf({ ada: 'key-a' }) });
    await rig.gateway.auth.state.store.set('session:t1', '{"user":"bob"}', 60_000);
    expect((await rig.get('/', 'X-Api-Key: key-a\r\n')).status).toBe(200);
    expect([seen(rig, 'x-client'), seen(rig, 'x-user')]).toEqual([['ada'], []]);
    expect((await rig.get('/', 'Cookie: sid=t1\r\n')).status).toBe(200);
    expect([seen(rig, 'x-client'), seen(rig, 'x-user')]).toEqual([[], ['bob']]);
    expect((await rig.get()).status).toBe(401);
  });
});

describe('identity headers', () => {
  const forged = 'X-Client: root\r\nx_client: root\r\nX-CLIENT: root\r\nConnection: x-client\r\n';

  test('of a client never reach the backend, on whichever route', async () => {
    const rules = [guarded('/private', apiKeyMethod()), to('app')];
    await using rig = await startRig({ rules, secrets: secretsOf({ ada: 'key-a' }) });
    expect((await rig.get('/private', `X-Api-Key: key-a\r\n${forged}`)).status).toBe(200);
    expect([seen(rig, 'x-client'), seen(rig, 'x_client')]).toEqual([['ada'], []]);
    expect((await rig.get('/public', forged)).status).toBe(200);
    expect([seen(rig, 'x-client'), seen(rig, 'x_client')]).toEqual([[], []]);
  });

  test('are the business of those who share a backend, and of nobody else', async () => {
    await using rig = await startRig({ rules: [to('app')], secrets: secretsOf({}) });
    const other = { id: 'other', endpoints: [endpointOf(1)] };
    await rig.serve({ rules: [{ ...guarded('/private', apiKeyMethod()), ...to(other.id) }, to('app')] });
    expect((await rig.get('/public', 'X-Client: root\r\n')).status).toBe(200);
    expect(seen(rig, 'x-client')).toEqual(['root']);
  });
});

describe('what a fleet enforces', () => {
  const enforced = { auth: { anyOf: [apiKeyMethod()] }, rateLimits: [], exempt: [] };

  test('holds for routes that say nothing, and for those that answer by themselves', async () => {
    const direct = { type: 'DirectResponse', statusCode: 200, contentType: 'text/plain', body: 'hi' } as const;
    const rules = [to('app'), { ...guarded('/direct'), backends: [], filters: [direct], auth: undefined }];
    await using rig = await startRig({ rules, settings: { enforced }, secrets: secretsOf({ ada: 'key-a' }) });
    for (const path of ['/', '/direct']) {
      expect((await rig.get(path)).status).toBe(401);
      expect((await rig.get(path, 'X-Api-Key: key-a\r\n')).status).toBe(200);
    }
  });

  test('comes beside what a route asks, not in its place', async () => {
    const rules = [guarded('/', sessionMethod())];
    await using rig = await startRig({ rules, settings: { enforced }, secrets: secretsOf({ ada: 'key-a' }) });
    await rig.gateway.auth.state.store.set('session:t1', '{"user":"bob"}', 60_000);
    expect((await rig.get('/', 'Cookie: sid=t1\r\n')).status).toBe(401);
    expect((await rig.get('/', 'X-Api-Key: key-a\r\n')).status).toBe(401);
    expect((await rig.get('/', 'X-Api-Key: key-a\r\nCookie: sid=t1\r\n')).status).toBe(200);
    expect([seen(rig, 'x-client'), seen(rig, 'x-user')]).toEqual([['ada'], ['bob']]);
  });

  test('stays what it is while the table changes', async () => {
    const secrets = secretsOf({ ada: 'key-a' });
    await using rig = await startRig({ settings: { enforced }, secrets });
    await rig.serve({ rules: [to('app'), guarded('/x', sessionMethod())], settings: { enforced }, secrets });
    expect((await rig.get('/y')).status).toBe(401);
    await rig.serve({ rules: [to('app')], secrets });
    expect((await rig.get('/y')).status).toBe(200);
  });
});

describe('access by address', () => {
  test.each([
    [{ allow: ['127.0.0.0/8'], deny: [] }, 200],
    [{ allow: ['10.0.0.0/8'], deny: [] }, 403],
    [{ allow: [], deny: ['127.0.0.1'] }, 403],
    [{ allow: ['127.0.0.0/8'], deny: ['127.0.0.1/32'] }, 403],
    [{ allow: [], deny: ['10.0.0.0/8', 'fd00::/8'] }, 200],
  ])('%j answers %i', async (access, status) => {
    await using rig = await startRig({ rules: [to('app', { access })] });
    expect((await rig.get()).status).toBe(status);
  });
});

test('a preflight passes authentication, and its rule answers it', async () => {
  const cors = {
    type: 'CORS',
    allowOrigins: ['https://a.example'],
    allowMethods: ['*'],
    allowHeaders: ['*'],
    exposeHeaders: [],
    maxAgeSeconds: 5,
    allowCredentials: true,
  } as const;
  const rules = [{ ...guarded('/', apiKeyMethod()), filters: [cors] }];
  await using rig = await startRig({ rules, secrets: secretsOf({}) });
  await using client = await rig.gateway.client();
  const asks = 'Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n';
  client.send(`OPTIONS / HTTP/1.1\r\nHost: shop.example.com\r\n${asks}\r\n`);
  expect((await client.response('OPTIONS')).status).toBe(204);
  client.send(`OPTIONS / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n`);
  expect((await client.response('OPTIONS')).status).toBe(401);
  expect(rig.app.requests).toHaveLength(0);
});
