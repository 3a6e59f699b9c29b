import { expect, test } from '@jest/globals';
import { apiVersionOf, configMaps, gatewayRoutes, namespaces, pods, resourcePath } from '../../src/kube/resource.ts';

test.each([
  [configMaps, {}, '/api/v1/configmaps'],
  [configMaps, { namespace: 'shop' }, '/api/v1/namespaces/shop/configmaps'],
  [configMaps, { namespace: 'shop', name: 'a' }, '/api/v1/namespaces/shop/configmaps/a'],
  [pods, { namespace: 'shop', name: 'a', subresource: 'eviction' }, '/api/v1/namespaces/shop/pods/a/eviction'],
  [gatewayRoutes, { namespace: 'shop' }, '/apis/evergate.dev/v1alpha1/namespaces/shop/gatewayroutes'],
  [namespaces, { namespace: 'shop', name: 'shop' }, '/api/v1/namespaces/shop'],
  [configMaps, { namespace: 'a/../b', name: '?' }, '/api/v1/namespaces/a%2F..%2Fb/configmaps/%3F'],
])('the path of %j with %j is %s', (resource, parts, path) => {
  expect(resourcePath(resource, parts)).toBe(path);
});

test('a group and its version are one word, the core group has none', () => {
  expect([apiVersionOf(configMaps), apiVersionOf(gatewayRoutes)]).toEqual(['v1', 'evergate.dev/v1alpha1']);
});
