import { isIPv6 } from 'node:net';
import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { backendId } from '@evergate/contract/names';
import { type EndpointSlice, type ReferenceGrant, type Service, serviceNameLabel } from '@evergate/crds/kubernetes';
import { type AddressFamily, collectEndpoints } from './endpoints.ts';
import { resolveExternalName } from './externalName.ts';
import { permissions } from './grants.ts';
import type { Finding, Warning } from './verdict.ts';

/** A Service's port, as a route of some namespace names it. */
export interface ServicePort {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly port: number;
}

export interface Backend {
  /** `<namespace>/<name>` of its Service. */
  readonly service: string;
  readonly endpoints: BackendEndpoints;
  readonly warnings: readonly Warning[];
}

/** A mistake leaves a rule's last good version in force; a withdrawal takes effect at once. */
export type BackendResolution =
  | { readonly outcome: 'Resolved'; readonly backend: Backend }
  | { readonly outcome: 'Mistake' | 'Withdrawn'; readonly finding: Finding };

/** Finds the backend that a route of `fromNamespace` names. `finding.message` has no field in front. */
export type ResolveBackend = (fromNamespace: string, ref: ServicePort) => BackendResolution;

export interface Backends {
  readonly resolve: ResolveBackend;
  /** A backend that was resolved before, by its id. */
  readonly find: (id: string) => Backend | undefined;
}

export interface BackendSources {
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly referenceGrants: readonly ReferenceGrant[];
}

/**
 * Indexes the sources once; each Service port is then resolved once, whichever rules name it. `allowedNames` are those that ExternalName
 * Services may have.
 */
export function indexBackends(sources: BackendSources, allowedNames: readonly string[]): Backends {
  const isPermitted = permissions(sources.referenceGrants);
  const services = new Map(sources.services.map((service) => [keyOf(service.metadata), service]));
  const slices = Map.groupBy(sources.endpointSlices, ({ metadata }) =>
    keyOf({ namespace: metadata.namespace, name: metadata.labels?.[serviceNameLabel] ?? '' }),
  );
  const resolved = new Map<string, BackendResolution>();

  const resolve: ResolveBackend = (fromNamespace, ref) => {
    const namespace = ref.namespace ?? fromNamespace;
    if (!isPermitted(fromNamespace, namespace, ref.name)) return refuse(fromNamespace, namespace, ref.name);
    const id = backendId(namespace, ref.name, ref.port);
    const known = resolved.get(id);
    if (known !== undefined) return known;
    const key = keyOf({ namespace, name: ref.name });
    const resolution = resolvePort(id, key, ref.port, services.get(key), slices.get(key) ?? [], allowedNames);
    resolved.set(id, resolution);
    return resolution;
  };
  const find = (id: string): Backend | undefined => {
    const resolution = resolved.get(id);
    return resolution?.outcome === 'Resolved' ? resolution.backend : undefined;
  };
  return { resolve, find };
}

/** Takes apart what `backendId` wrote. */
export function parseBackendId(id: string): (ServicePort & { readonly namespace: string }) | undefined {
  const [, namespace, name, port] = /^([^/]+)\/([^/]+):([0-9]+)$/.exec(id) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return { namespace, name, port: Number(port) };
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function refuse(from: string, to: string, service: string): BackendResolution {
  const missing = `no ReferenceGrant lets GatewayRoutes of namespace ${from} name Service ${to}/${service}`;
  const grant = `{from: [{group: evergate.dev, kind: GatewayRoute, namespace: ${from}}], to: [{group: "", kind: Service, name: ${service}}]}`;
  const message = `${missing}; create one in namespace ${to} with spec ${grant}`;
  return { outcome: 'Withdrawn', finding: { reason: 'RefNotPermitted', message } };
}

function resolvePort(
  id: string,
  key: string,
  number: number,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  allowedNames: readonly string[],
): BackendResolution {
  if (service === undefined) {
    return mistake('BackendNotFound', `Service ${key} does not exist; create it, or correct the name`);
  }
  if (service.spec.type === 'ExternalName') return resolveName(id, key, number, service, allowedNames);
  const port = service.spec.ports.find((candidate) => candidate.port === number && candidate.protocol === 'TCP');
  if (port === undefined) return mistake('PortNotFound', missingPort(key, number, service));
  if (slices.length > 0 && slices.every(({ addressType }) => addressType === 'FQDN')) {
    const remedy = 'name addresses of type IPv4 or IPv6';
    return mistake(
      'UnsupportedValue',
      `the EndpointSlices of Service ${key} have addressType FQDN, which is not supported yet; ${remedy}`,
    );
  }
  return { outcome: 'Resolved', backend: readBackend(id, key, service, port, slices) };
}

/** Its ports mean nothing (Kubernetes ignores them): the number that the route names is the one to connect to. */
function resolveName(
  id: string,
  key: string,
  port: number,
  { spec }: Service,
  allowedNames: readonly string[],
): BackendResolution {
  const resolution = resolveExternalName(key, spec.externalName, allowedNames);
  if ('finding' in resolution) return resolution;
  const endpoints = { id, externalName: { hostname: resolution.hostname, port }, endpoints: [] };
  return { outcome: 'Resolved', backend: { service: key, endpoints, warnings: [] } };
}

function mistake(reason: Finding['reason'], message: string): BackendResolution {
  return { outcome: 'Mistake', finding: { reason, message } };
}

function missingPort(key: string, number: number, { spec }: Service): string {
  const ports = spec.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  if (ports.length === 0) return `Service ${key} has no TCP port; add port ${number} to it`;
  return `Service ${key} has no TCP port ${number}; name one of ${ports.join(', ')}, or add it to the Service`;
}

function readBackend(
  id: string,
  key: string,
  service: Service,
  port: Service['spec']['ports'][number],
  slices: readonly EndpointSlice[],
): Backend {
  const portName = port.name ?? '';
  const { endpoints, warnings } = collectEndpoints(slices, portName, primaryFamily(service));
  const clusterIP = clusterAddress(service);
  const ignored = warnings.map((message): Warning => ({ about: 'EndpointsIgnored', message }));
  const isReady = endpoints.some(({ ready }) => ready);
  const last = clusterIP === undefined ? {} : { clusterAddress: { address: clusterIP, port: port.port } };
  return {
    service: key,
    endpoints: { id, ...last, endpoints },
    warnings: isReady ? ignored : [...ignored, withoutEndpoints(id, portName, endpoints.length, slices)],
  };
}

/** A headless Service has `None` for an address. */
function clusterAddress({ spec }: Service): string | undefined {
  return spec.clusterIP && spec.clusterIP !== 'None' ? spec.clusterIP : undefined;
}

/** The first of `ipFamilies`; the cluster address is always of that family. */
function primaryFamily(service: Service): AddressFamily | undefined {
  const [first] = service.spec.ipFamilies;
  if (first !== undefined) return first;
  const address = clusterAddress(service);
  if (address === undefined) return undefined;
  return isIPv6(address) ? 'IPv6' : 'IPv4';
}

function withoutEndpoints(id: string, portName: string, count: number, slices: readonly EndpointSlice[]): Warning {
  const message = `backend ${id} has no ready endpoint`;
  if (count > 0) return { about: 'NoEndpoints', message: `${message} among ${count}` };
  if (slices.length === 0) return { about: 'NoEndpoints', message: `${message}: no EndpointSlice names its Service` };
  const present = new Set(slices.flatMap(({ ports }) => ports.map(({ name }) => JSON.stringify(name ?? ''))));
  if (present.has(JSON.stringify(portName))) return { about: 'NoEndpoints', message };
  const names = [...present].join(', ') || 'none';
  const reason = `the Service's port is named ${JSON.stringify(portName)}, those of its EndpointSlices ${names}`;
  return { about: 'NoEndpoints', message: `${message}: ${reason}` };
}
