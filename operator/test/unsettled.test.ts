import type { EndpointSlice, Secret, Service } from '@evergate/crds/kubernetes';
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../src/kube/kubeObject.ts';
import { isUnsettled, SETTLING_MS } from '../src/unsettled.ts';

const NOW = 50_000;
const route: KubeObject = {
  metadata: { namespace: 'shop', name: 'orders' },
  spec: { rules: [{ backendRefs: [{ name: 'orders', port: 80 }] }] },
};

function worldOf(type: 'ClusterIP' | 'ExternalName' | undefined, slices: number) {
  const service = { spec: { type } } as unknown as Service;
  return {
    services: new Map(type === undefined ? [] : [['shop/orders', service]]),
    slicesOf: () => Array.from({ length: slices }, () => ({}) as EndpointSlice),
    secrets: new Map<string, Secret>(),
    secretNamespaces: ['shop', 'far'],
    unreadNamespaces: ['far'],
  };
}

describe('a route that is new', () => {
  test('waits for its Service and for a slice of it, a second at most', () => {
    expect(isUnsettled(route, NOW - 10, worldOf(undefined, 0), NOW)).toBe(true);
    expect(isUnsettled(route, NOW - 10, worldOf('ClusterIP', 0), NOW)).toBe(true);
    expect(isUnsettled(route, NOW - 10, worldOf('ClusterIP', 1), NOW)).toBe(false);
    expect(isUnsettled(route, NOW - SETTLING_MS, worldOf(undefined, 0), NOW)).toBe(false);
  });

  test('does not wait for slices of a name elsewhere, nor where it was there before the operator', () => {
    expect(isUnsettled(route, NOW - 10, worldOf('ExternalName', 0), NOW)).toBe(false);
    expect(isUnsettled(route, undefined, worldOf(undefined, 0), NOW)).toBe(false);
  });

  test('waits for its Secrets, where they may be read', () => {
    const world = worldOf('ClusterIP', 1);
    const auth = { anyOf: [{ type: 'APIKey', apiKey: { secretRefs: [{ name: 'keys' }] } }] };
    const guarded = (namespace: string): KubeObject => ({
      metadata: { namespace, name: 'x' },
      spec: { rules: [{ auth }] },
    });
    expect(isUnsettled(guarded('shop'), NOW - 10, world, NOW)).toBe(true);
    expect(isUnsettled(guarded('shop'), NOW - SETTLING_MS, world, NOW)).toBe(false);
    expect(isUnsettled(guarded('elsewhere'), NOW - 10, world, NOW)).toBe(false);
    expect(isUnsettled(guarded('far'), NOW - 10, world, NOW)).toBe(false);
    const known = { ...world, secrets: new Map([['shop/keys', {} as Secret]]) };
    expect(isUnsettled(guarded('shop'), NOW - 10, known, NOW)).toBe(false);
  });
});
