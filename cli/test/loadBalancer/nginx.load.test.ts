import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { parseObject } from '@evergate/crds/parse';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LoadBalancerWishes, loadBalancer } from '../../src/loadBalancer/loadBalancer.ts';
import { nginxConfig } from '../../src/loadBalancer/nginx.ts';
import { EchoBackend } from '../load/evergate.ts';
import { GatewayUnderTest, ruleOf } from '../load/gateway.ts';
import { Load, type LoadResult } from '../load/load.ts';
import { Nginx, selfSigned } from './nginx.ts';

const HOST = 'big.example.com';
const RATE = 100;
const PHASE_MS = 1_500;

let backend: EchoBackend;
let gateways: readonly GatewayUnderTest[] = [];
const running: Nginx[] = [];

beforeAll(async () => {
  backend = await EchoBackend.start('echo');
  gateways = await Promise.all([1, 2, 3].map(() => startGateway()));
}, 180_000);

afterAll(async () => {
  await Promise.all([...running, ...gateways].map((one) => one.stop()));
  await backend?.stop();
}, 60_000);

async function startGateway(): Promise<GatewayUnderTest> {
  const gateway = await GatewayUnderTest.start();
  await gateway.publish([ruleOf(1, '/', 'test/echo:80')], [{ id: 'test/echo:80', port: backend.port }]);
  await gateway.serving();
  return gateway;
}

/** nginx as `evergate lb-config --for nginx` configures it for the gateways. */
async function startNginx(certificate?: (folder: string) => LoadBalancerWishes['certificate']): Promise<Nginx> {
  const nginx = await Nginx.start((port, folder) => {
    const fleet = parseObject('GatewayFleet', {
      apiVersion: 'evergate.dev/v1alpha1',
      kind: 'GatewayFleet',
      metadata: { name: 'edge', namespace: 'default' },
    });
    if (!fleet.ok) throw new Error('a fleet without a specification is valid');
    const [listener] = fleet.value.spec.listeners;
    if (listener === undefined) throw new Error('such a fleet has one listener');
    const wishes = {
      gateways: gateways.map((gateway) => ({ address: `127.0.0.1:${gateway.port}`, weight: 1 })),
      balance: 'least-conn',
      certificate: certificate?.(folder),
      port,
      readTimeoutSeconds: 30,
    } as const;
    return nginxConfig(loadBalancer(fleet.value, listener, wishes));
  });
  running.push(nginx);
  return nginx;
}

function lostGets({ lost }: LoadResult): readonly string[] {
  return lost.filter((line) => !line.startsWith('POST'));
}

async function loaded(port: number, during: () => Promise<void>): Promise<LoadResult> {
  const correct = (status: number, body: string, id: string): boolean =>
    status === 200 && (JSON.parse(body) as { id: string }).id === id;
  const load = new Load({ port, host: HOST, ratePerSecond: RATE, paths: ['/a', '/b'], correct });
  await during().catch(async (error: unknown) => {
    await load.stop();
    throw error;
  });
  return load.stop();
}

function phase(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PHASE_MS));
}

describe('nginx, as lb-config configures it, in front of three gateways', () => {
  test('ends TLS, and passes on the host and the path that the client asked for', async () => {
    const nginx = await startNginx(selfSigned);
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
    const options = {
      host: '127.0.0.1',
      port: nginx.port,
      path: '/x',
      headers: { host: HOST },
      rejectUnauthorized: false,
    };
    request(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end();
    expect(await promise).toMatchObject({ status: 200, body: expect.stringContaining('"path":"/x"') });
  }, 60_000);

  test('loses no GET while one gateway is killed and another is terminated, and sends no POST twice', async () => {
    const nginx = await startNginx();
    const undisturbed = await loaded(nginx.port, phase);
    expect(undisturbed.lost).toEqual([]);

    const disturbed = await loaded(nginx.port, async () => {
      await phase();
      await gateways[0]?.end('SIGKILL');
      await phase();
      await gateways[1]?.end('SIGTERM');
      await phase();
    });
    process.stdout.write(`killed and terminated: ${disturbed.sent} requests, ${disturbed.lost.length} lost\n`);
    expect(lostGets(disturbed)).toEqual([]);
    const posted = await backend.posted();
    expect(disturbed.acknowledgedPosts.filter((id) => posted[id] === undefined)).toEqual([]);
    expect(Object.entries(posted).filter(([, times]) => times > 1)).toEqual([]);
  }, 120_000);
});
