import { parseObject } from '@evergate/crds/parse';
import { describe, expect, test } from '@jest/globals';
import { readFleet } from '../../src/translate/fleet.ts';
import { fleetSettings } from '../../src/translate/settings.ts';
import { fleet } from './objects.ts';

describe('fleetSettings', () => {
  test('gives every default in the units of gateways', () => {
    expect(fleetSettings(readFleet(fleet(), undefined).fleet.spec)).toEqual({
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
      clientTraffic: {
        clientAddress: { trustedHops: 0, trustedCIDRs: [] },
        headerTimeoutMs: 10_000,
        idleTimeoutMs: 60_000,
        maxConnectionAgeMs: 300_000,
        maxHeaderBytes: 32_768,
        maxHeaderCount: 100,
        maxTargetBytes: 8192,
        maxRequestBodyBytes: 0,
        maxConnections: 10_000,
      },
      healthPrefix: '/.evergate',
      shutdown: { propagationDelayMs: 10_000, drainTimeoutMs: 30_000 },
      telemetry: { accessLog: { mode: 'Errors', percent: 1 }, metrics: { perRoute: 'All' } },
    });
  });
});

describe('readFleet', () => {
  const broken = fleet({ listeners: [{ name: 'http', port: 0 }] });

  test('goes on with the last good fleet while the fleet is broken', () => {
    const lastGood = parseObject('GatewayFleet', fleet({ listeners: [{ name: 'web', port: 80 }] }));
    if (!lastGood.ok) throw new Error('the fleet of the test is not valid');
    const { fleet: read, accepted } = readFleet(broken, lastGood.value);
    expect(read).toBe(lastGood.value);
    expect(accepted).toMatchObject({ status: 'False', reason: 'UnsupportedValue' });
    expect(accepted.message).toContain('served as of generation 0');
  });

  test('has the very listeners of the fleet before that are as they were', () => {
    const web = { name: 'web', port: 80 };
    const { fleet: before } = readFleet(fleet({ listeners: [web, { name: 'other', port: 81 }] }), undefined);
    const { fleet: after } = readFleet(fleet({ listeners: [{ name: 'other', port: 82 }, web] }), before);
    expect(after.spec.listeners.map((listener) => before.spec.listeners.indexOf(listener))).toEqual([-1, 0]);
    expect(after.spec.listeners[0]?.port).toBe(82);
  });

  test.each([[broken], [null], ['fleet'], [{}]])('has no listener for %j, which never was good', (object) => {
    const { fleet: read, accepted } = readFleet(object, undefined);
    expect(read.spec.listeners).toEqual([]);
    expect(accepted.message).toContain('nothing is served');
  });
});
