import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.ts';

describe('the configuration', () => {
  const needed = { EVERGATE_OPERATOR_NAMESPACE: 'infra', EVERGATE_OPERATOR_GATEWAY_IMAGE: 'evergate/gateway:1' };

  test('has defaults for all but two', () => {
    const read = readConfig({ ...needed, EVERGATE_OPERATOR_IDENTITY: 'me' });
    expect(read.ok && read.value).toEqual({
      namespace: 'infra',
      identity: 'me',
      controllerName: 'evergate.dev/operator',
      fleetNamespaces: ['infra'],
      secretNamespaces: ['infra'],
      watchNamespaces: [],
      gatewayImage: 'evergate/gateway:1',
      clusterCIDRs: [],
      defaultFleet: undefined,
      port: 8081,
      logLevel: 'info',
    });
  });

  test('reads lists and a fleet', () => {
    const metadata = { name: 'default' };
    const fleet = { apiVersion: 'evergate.dev/v1alpha1', kind: 'GatewayFleet', metadata, spec: { replicas: 4 } };
    const read = readConfig({
      ...needed,
      EVERGATE_OPERATOR_FLEET_NAMESPACES: 'a, b,',
      EVERGATE_OPERATOR_DEFAULT_FLEET: JSON.stringify(fleet),
    });
    expect(read.ok && [read.value.fleetNamespaces, read.value.defaultFleet]).toEqual([['a', 'b'], fleet]);
  });

  test('tells every problem at once, by the name of the variable', () => {
    const read = readConfig({
      EVERGATE_OPERATOR_CLUSTER_CIDRS: '10.96.0.0/12, fd00::/108, nonsense',
      EVERGATE_OPERATOR_PORT: '99999',
      EVERGATE_OPERATOR_LOG_LEVEL: 'loud',
      EVERGATE_OPERATOR_DEFAULT_FLEET: '{',
    });
    const names = ['NAMESPACE', 'GATEWAY_IMAGE', 'CLUSTER_CIDRS', 'DEFAULT_FLEET', 'PORT', 'LOG_LEVEL'];
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual(
      names.map((name) => `EVERGATE_OPERATOR_${name}`),
    );
  });

  test.each(['[]', '{"spec":{}}', '{"name":""}', '{"name":"x","spec":7}'])('refuses the default fleet %s', (text) => {
    expect(readConfig({ ...needed, EVERGATE_OPERATOR_DEFAULT_FLEET: text }).ok).toBe(false);
  });
});
