import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type LoadBalancerOptions, loadBalancerConfig } from '../../src/loadBalancer/command.ts';
import { loadFiles } from '../../src/manifests/loadFiles.ts';
import { expectGolden } from '../golden.ts';

const fleet = `apiVersion: evergate.dev/v1alpha1
kind: GatewayFleet
metadata: {name: edge, namespace: gateways}
spec:
  listeners:
  - {name: web, port: 80, hostname: shop.example.com}
  - {name: any, port: 8000}
  - {name: below, port: 8001, hostname: '*.example.com'}
  clientTraffic: {idleTimeout: 90s, healthPathPrefix: /up}
`;

const plain: LoadBalancerOptions = {
  for: 'nginx',
  fleet: undefined,
  listener: undefined,
  gateways: [
    { address: '10.0.0.1:8080', weight: 1 },
    { address: '10.0.0.2:8080', weight: 1 },
    { address: '[fd00::3]:8080', weight: 3 },
  ],
  balance: 'least-conn',
  certificate: { certificate: '/etc/ssl/shop.pem', key: '/etc/ssl/shop.key' },
  port: 443,
  readTimeoutSeconds: 30,
};

async function config(options: Partial<LoadBalancerOptions>, manifest: string = fleet): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evergate-lb-'));
  try {
    await writeFile(join(folder, 'fleet.yaml'), manifest);
    return loadBalancerConfig(await loadFiles([folder]), { ...plain, ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the configuration of a load balancer', () => {
  test.each(['nginx', 'haproxy'] as const)('for %s with TLS is as it should be', async (program) => {
    expectGolden(import.meta.url, `tls.${program}`, await config({ for: program }));
  });

  test.each(['nginx', 'haproxy'] as const)('for %s without TLS, in turn, is as it should be', async (program) => {
    const options = { certificate: undefined, port: 80, balance: 'round-robin', listener: 'any' } as const;
    expectGolden(import.meta.url, `plain.${program}`, await config({ for: program, ...options }));
  });

  test.each([
    ['nginx', 'server_name *.example.com;'],
    ['haproxy', 'host_only -i -m end .example.com'],
  ] as const)('for %s is for every name below a wildcard', async (program, expected) => {
    expect(await config({ for: program, listener: 'below' })).toContain(expected);
  });

  test('does not check health where the fleet switched the path off', async () => {
    const silent = fleet.replace('/up', "''");
    expect(await config({ for: 'haproxy' }, silent)).not.toContain('httpchk');
  });

  test('is refused for a listener and for a fleet that are not there, with those that are', async () => {
    await expect(config({ listener: 'wbe' })).rejects.toThrow('there is no listener wbe; name one of web, any, below');
    await expect(config({ fleet: 'a/b' })).rejects.toThrow('there is no GatewayFleet a/b; name one of gateways/edge');
  });

  test('is refused for a fleet that is not valid, with every reason', async () => {
    await expect(config({}, fleet.replace('port: 80,', 'port: 0,'))).rejects.toThrow(
      /gateways\/edge is not valid.*port/,
    );
  });
});
