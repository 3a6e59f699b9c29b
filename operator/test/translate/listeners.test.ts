import type { FleetListener } from '@evergate/crds/gatewayFleet';
import { describe, expect, test } from '@jest/globals';
import { listenerHostnames, portListeners } from '../../src/translate/listeners.ts';

function listener(name: string, port: number, hostname?: string): FleetListener {
  const allowedRoutes = { namespaces: { from: 'All' as const } };
  return { name, port, protocol: 'HTTP', allowedRoutes, ...(hostname === undefined ? {} : { hostname }) };
}

const any = listener('any', 80);
const wildcard = listener('wildcard', 80, '*.example.com');
const exact = listener('exact', 80, 'pay.example.com');
const elsewhere = listener('elsewhere', 81, '*.org');
const all = [any, wildcard, exact, elsewhere];

describe('listenerHostnames', () => {
  test('leaves a host to the most specific listener of its port', () => {
    const route = ['pay.example.com', 'shop.example.com', 'example.net'];
    expect(listenerHostnames(any, all, route)).toEqual(['example.net']);
    expect(listenerHostnames(wildcard, all, route)).toEqual(['shop.example.com']);
    expect(listenerHostnames(exact, all, route)).toEqual(['pay.example.com']);
  });

  test('keeps a wildcard that is wider than the more specific listener', () => {
    expect(listenerHostnames(any, all, ['*.com'])).toEqual(['*.com']);
    expect(listenerHostnames(wildcard, all, ['*'])).toEqual(['*.example.com']);
  });

  test('is not narrowed by listeners of other ports', () => {
    expect(listenerHostnames(any, all, ['example.org'])).toEqual(['example.org']);
  });
});

describe('portListeners', () => {
  test('names each port once, by its first listener', () => {
    expect(portListeners(all).map(({ name }) => name)).toEqual(['any', 'elsewhere']);
  });
});
