import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@evergate/contract/test/freePort';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { RedisStore } from '../../src/state/redis.ts';
import { eventually } from '../support/eventually.ts';
import { RedisServer } from '../support/redisServer.ts';
import { redisSettings, storeUp } from './redisStores.ts';
import { chargeOf } from './storeBehaviour.ts';

let folder: string;
let server: RedisServer;
let tlsPort: number;
let ca: string;
let store: RedisStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergate-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=redis.test', '-addext', 'subjectAltName=DNS:redis.test'];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...newKey, '-out', certificate, ...subject]);
  ca = await readFile(certificate, 'utf8');
  tlsPort = await freePort();
  server = await RedisServer.start([
    `tls-port ${tlsPort}`,
    `tls-cert-file ${certificate}`,
    `tls-key-file ${key}`,
    'tls-auth-clients no',
    'user gateway on >open-sesame ~evergate:* ~test:* +@all',
  ]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => store.close());

function settings(tls: { serverName: string; ca?: string }) {
  const endpoints = [{ host: '127.0.0.1', port: tlsPort }];
  return redisSettings({ endpoints, tls, username: 'gateway', password: 'open-sesame', commandTimeoutMs: 1_000 });
}

test('a Redis behind TLS is spoken to with credentials, where its certificate is for the name that was given', async () => {
  store = await storeUp(settings({ serverName: 'redis.test', ca }));
  expect((await store.take([chargeOf()]))[0]?.admitted).toBe(true);
});

test.each([
  ['another name', () => ({ serverName: 'other.test', ca }), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['an authority that nobody named', () => ({ serverName: 'redis.test' }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
])('a certificate of %s is refused', async (_, tls, code) => {
  const reasons: (string | undefined)[] = [];
  store = new RedisStore({ settings: settings(tls()), onFailure: (reason) => reasons.push(reason) });
  await eventually('the certificate is refused', () => reasons.includes(code));
  expect(store.status.up).toBe(false);
});
