import { isIP } from 'node:net';
import type { Endpoint } from '@evergate/contract/endpoints';
import type { EndpointSlice } from '@evergate/crds/kubernetes';

export type AddressFamily = 'IPv4' | 'IPv6';
type SliceEndpoint = EndpointSlice['endpoints'][number];

/** The most that one backend may have, as the endpoints document allows. */
const maxEndpoints = 10_000;

export interface ServiceEndpoints {
  /** Of one address family, in the order of address and port, each pair once. */
  readonly endpoints: readonly Endpoint[];
  /** What of the slices cannot be used, and why. */
  readonly warnings: readonly string[];
}

/**
 * Collects where a port of a Service can be reached, from the slices of that Service. The slices' port is the one with the name of the
 * Service's port. A dual-stack pod stands in a slice of each family and must be counted once, so only one family is taken: the
 * Service's primary one, else IPv4, where it has any endpoint.
 */
export function collectEndpoints(
  slices: readonly EndpointSlice[],
  portName: string,
  primaryFamily: AddressFamily | undefined,
): ServiceEndpoints {
  const families = { IPv4: new Map<string, Endpoint>(), IPv6: new Map<string, Endpoint>() };
  const warnings = slices.flatMap((slice) => {
    if (slice.addressType !== 'FQDN') return readSlice(slice, portName, families[slice.addressType]);
    return [
      `EndpointSlice ${nameOf(slice)} is left out: addressType FQDN is not supported, name addresses of type IPv4 or IPv6`,
    ];
  });
  const preferred: readonly AddressFamily[] = [primaryFamily ?? 'IPv4', 'IPv4', 'IPv6'];
  const family = preferred.find((candidate) => families[candidate].size > 0) ?? 'IPv4';
  const endpoints = [...families[family].values()].sort(compareEndpoints);
  if (endpoints.length <= maxEndpoints) return { endpoints, warnings };
  const surplus = `only the first ${maxEndpoints} of ${endpoints.length} endpoints are used: split the Service`;
  return { endpoints: endpoints.slice(0, maxEndpoints), warnings: [...warnings, surplus] };
}

/** Adds the endpoints of one slice, and returns what is wrong with the others. */
function readSlice(slice: EndpointSlice, portName: string, found: Map<string, Endpoint>): readonly string[] {
  const port = slice.ports.find((candidate) => (candidate.name ?? '') === portName)?.port;
  if (port === undefined || port === null) return [];
  const version = slice.addressType === 'IPv6' ? 6 : 4;
  const unusable: string[] = [];
  for (const entry of slice.endpoints) {
    // Kubernetes gives addresses beyond the first no meaning, and kube-proxy ignores them.
    const address = entry.addresses[0] ?? '';
    if (isIP(address) === version) addEndpoint(found, toEndpoint(entry, address, port));
    else unusable.push(address);
  }
  if (unusable.length === 0) return [];
  const first = `"${unusable[0]}" is no address of type ${slice.addressType}`;
  return [`EndpointSlice ${nameOf(slice)}: ${unusable.length} endpoints are left out, as ${first}`];
}

/** While a pod moves between slices it stands in both for a moment: the entry that can take more counts. */
function addEndpoint(found: Map<string, Endpoint>, endpoint: Endpoint): void {
  const key = `${endpoint.address} ${endpoint.port}`;
  const known = found.get(key);
  if (known === undefined || usability(endpoint) > usability(known)) found.set(key, endpoint);
}

function usability(endpoint: Endpoint): number {
  return Number(endpoint.ready) * 4 + Number(endpoint.serving) * 2 + Number(!endpoint.terminating);
}

function toEndpoint({ conditions, zone }: SliceEndpoint, address: string, port: number): Endpoint {
  const { ready, serving, terminating } = conditions;
  return { address, port, ready, serving, terminating, ...(zone ? { zone } : {}) };
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.port - b.port;
}

function nameOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.name}`;
}
