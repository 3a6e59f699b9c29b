import type { EndpointSlice, ReferenceGrant, Service } from '@evergate/crds/kubernetes';
import { type Kind, type Objects, parseObject } from '@evergate/crds/parse';

/* Objects of each kind in a line, for tests that are about something else. */

const apiVersion = 'evergate.dev/v1alpha1';

function valid<K extends Kind>(kind: K, value: unknown): Objects[K] {
  const parsed = parseObject(kind, value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** The fleet `shop/edge`, as it is written. */
export function fleet(
  spec: Readonly<Record<string, unknown>> = {},
  annotations: Readonly<Record<string, string>> = {},
): unknown {
  return { apiVersion, kind: 'GatewayFleet', metadata: { name: 'edge', namespace: 'shop', annotations }, spec };
}

/** A route as it is written. */
export function route(
  name: string,
  namespace: string,
  rules: readonly unknown[],
  metadata: Readonly<Record<string, unknown>> = {},
  spec: Readonly<Record<string, unknown>> = {},
): unknown {
  return {
    apiVersion,
    kind: 'GatewayRoute',
    metadata: { name, namespace, generation: 1, ...metadata },
    spec: { ...spec, rules },
  };
}

export function service(name: string, namespace: string): Service {
  const spec = { ports: [{ port: 80 }] };
  return valid('Service', { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec });
}

/** One endpoint of a Service. */
export function slice(serviceName: string, namespace: string): EndpointSlice {
  return valid('EndpointSlice', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${serviceName}-1`, namespace, labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ['10.0.0.1'] }],
  });
}

/** Lets routes of one namespace name every Service of another. */
export function grant(from: string, to: string): ReferenceGrant {
  return valid('ReferenceGrant', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ReferenceGrant',
    metadata: { name: `from-${from}`, namespace: to },
    spec: {
      from: [{ group: 'evergate.dev', kind: 'GatewayRoute', namespace: from }],
      to: [{ group: '', kind: 'Service' }],
    },
  });
}
