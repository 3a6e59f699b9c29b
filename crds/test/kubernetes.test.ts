import { expect, test } from '@jest/globals';
import { parseObject } from '../src/parse.ts';

const metadata = {
  name: 'orders',
  namespace: 'shop',
  labels: { 'kubernetes.io/service-name': 'orders' },
  managedFields: [{}],
};

test('what we need of a Service is read, the rest is dropped', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      clusterIP: '10.96.0.7',
      sessionAffinity: 'None',
      ports: [{ port: 80, targetPort: 'web', nodePort: 30_000 }],
    },
    status: { loadBalancer: {} },
  };
  expect(parseObject('Service', object)).toMatchObject({
    ok: true,
    value: {
      spec: { type: 'ClusterIP', clusterIP: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP', targetPort: 'web' }] },
    },
  });
});

test('an EndpointSlice with null lists has no endpoints', () => {
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: null,
    ports: null,
  };
  expect(parseObject('EndpointSlice', object)).toMatchObject({ ok: true, value: { endpoints: [], ports: [] } });
});

test.each([
  [undefined, { ready: true, serving: true, terminating: false }],
  [{ ready: null }, { ready: true, serving: true, terminating: false }],
  [{ ready: false }, { ready: false, serving: false, terminating: false }],
  [
    { ready: false, serving: true, terminating: true },
    { ready: false, serving: true, terminating: true },
  ],
])('an endpoint with the conditions %j counts as %j', (conditions, expected) => {
  const endpoints = [{ addresses: ['10.0.0.1'], conditions }];
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints,
    ports: [],
  };
  expect(parseObject('EndpointSlice', object)).toMatchObject({
    ok: true,
    value: { endpoints: [{ conditions: expected }] },
  });
});

test('a Secret is read from the cluster and from a file', () => {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { key: 'value' } };
  expect(parseObject('Secret', object)).toMatchObject({
    ok: true,
    value: { type: 'Opaque', stringData: { key: 'value' } },
  });
});

test.each(['v1', 'v1beta1'])('a ReferenceGrant of %s is read', (version) => {
  const object = {
    apiVersion: `gateway.networking.k8s.io/${version}`,
    kind: 'ReferenceGrant',
    metadata,
    spec: {
      from: [{ group: 'evergate.dev', kind: 'GatewayRoute', namespace: 'web' }],
      to: [{ group: '', kind: 'Service' }],
    },
  };
  expect(parseObject('ReferenceGrant', object)).toMatchObject({
    ok: true,
    value: { spec: { to: [{ group: '', kind: 'Service' }] } },
  });
});

test('an object of another version is refused, with the version that is read', () => {
  const object = { apiVersion: 'discovery.k8s.io/v2', kind: 'EndpointSlice', metadata, addressType: 'IPv4' };
  expect(parseObject('EndpointSlice', object)).toEqual({
    ok: false,
    problems: [{ path: 'apiVersion', message: 'found "discovery.k8s.io/v2"; expected "discovery.k8s.io/v1"' }],
  });
});
