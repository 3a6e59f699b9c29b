import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EvergateProcess, portArguments } from './evergateProcess.ts';
import { Shop } from './shop.ts';

const TIMEOUT_MS = 30_000;
const shop = new Shop();
let run: EvergateProcess;
let port: number;

const route = (rule: string): string => `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: page}
spec:
  rules:
    - name: only
      matches: [{path: {value: /page}}]
      backendRefs: [{name: old, port: 80}]
      ${rule}
`;

const keys = (entries: string): string => `apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {${entries}}
`;

beforeAll(async () => {
  await shop.start();
  shop.save('keys.yaml', keys('ada: correct-horse, bob: battery-staple'));
  shop.save('page.yaml', route('auth: {anyOf: [{type: APIKey, apiKey: {secretRefs: [{name: keys}]}}]}'));
  const ports = await portArguments();
  port = ports.port;
  run = new EvergateProcess(['run', shop.folder, ...ports.args]);
  await run.line(/^table 1 live in 3 of 3 gateways/);
}, TIMEOUT_MS);

afterAll(async () => {
  run.child.kill('SIGTERM');
  await run.exited;
  await shop[Symbol.asyncDispose]();
}, TIMEOUT_MS);

async function status(key?: string): Promise<number> {
  const headers = key === undefined ? {} : { 'x-api-key': key };
  return (await fetch(`http://127.0.0.1:${port}/page`, { headers })).status;
}

test('manifests of Secrets hold the keys of routes, without a cluster and without Redis', async () => {
  expect(await status()).toBe(401);
  expect(await status('wrong')).toBe(401);
  expect(await status('correct-horse')).toBe(200);
  expect(await status('battery-staple')).toBe(200);
});

test(
  'a key that is taken away is refused once the next table is live',
  async () => {
    const from = run.lines.length;
    shop.save('keys.yaml', keys('ada: correct-horse'));
    await run.line(/^table \d+ live in 3 of 3 gateways/, from);
    expect(await status('battery-staple')).toBe(401);
    expect(await status('correct-horse')).toBe(200);
  },
  TIMEOUT_MS,
);

test(
  'an edit that breaks the authentication of a rule opens nothing, and says so',
  async () => {
    const from = run.lines.length;
    shop.save('page.yaml', route('auth: {anyOf: [{type: APIKeys}]}'));
    const line = await run.line(/auth or access changed/, from);
    expect(line).toContain('page.yaml');
    await run.line(/^table \d+ live in 3 of 3 gateways/, from);
    expect([await status(), await status('correct-horse')]).toEqual([500, 500]);
  },
  TIMEOUT_MS,
);
