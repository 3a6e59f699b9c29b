import type { ApiCall } from '../prober/apiClient.ts';
import { arenaNamespace, crowdNamespace, fleetName } from './arena.ts';

const routesPath = (namespace: string): string => `/apis/evergate.dev/v1alpha1/namespaces/${namespace}/gatewayroutes`;

/** A GatewayRoute on a fleet of the tests. */
export interface RouteSettings {
  readonly name: string;
  readonly namespace?: string;
  readonly hostnames?: readonly string[];
  /** That of the arena unless told otherwise. */
  readonly fleet?: string;
  /** Which listener; the one on port 80 unless told otherwise. */
  readonly listener?: 'http' | 'tenants';
  readonly rules: readonly object[];
}

export function routeObject(settings: RouteSettings): object {
  const { name, namespace = arenaNamespace, hostnames = [], fleet = fleetName, listener = 'http', rules } = settings;
  const parent = { name: fleet, namespace: arenaNamespace, sectionName: listener };
  return {
    apiVersion: 'evergate.dev/v1alpha1',
    kind: 'GatewayRoute',
    metadata: { name, namespace },
    spec: { parentRefs: [parent], hostnames, rules },
  };
}

/** A rule for a path, answered by a Service of the route's namespace unless told otherwise. */
export function backendRule(path: string, service: string, namespace?: string): object {
  const ref = { name: service, port: 80, ...(namespace === undefined ? {} : { namespace }) };
  return { matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [ref] };
}

/** A rule that the gateway answers itself: what it says shows which version of the route it serves. */
export function textRule(path: string, body: string): object {
  return {
    matches: [{ path: { type: 'Exact', value: path } }],
    filters: [{ type: 'DirectResponse', directResponse: { statusCode: 200, body } }],
  };
}

export const crowdHost = (number: number): string => `r${number}.crowd.test`;

/** One of the thousand: a page of a backend, and a text at /text. */
export function crowdRoute(number: number): object {
  return routeObject({
    name: `r${number}`,
    namespace: crowdNamespace,
    hostnames: [crowdHost(number)],
    rules: [textRule('/text', 'first'), backendRule('/', 'page')],
  });
}

/** Reads a route of the crowd, which changes nothing. */
export function readCrowd(number: number): ApiCall {
  return { method: 'GET', path: `${routesPath(crowdNamespace)}/r${number}` };
}

/** Makes the text of a route of the crowd another one. */
export function editText(number: number, body: string): ApiCall {
  return {
    method: 'PATCH',
    path: `${routesPath(crowdNamespace)}/r${number}`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path: '/spec/rules/0/filters/0/directResponse/body', value: body }],
  };
}

export function createRoute(route: object): ApiCall {
  const { namespace } = (route as { metadata: { namespace: string } }).metadata;
  return { method: 'POST', path: routesPath(namespace), body: route };
}

export function deleteRoute(namespace: string, name: string): ApiCall {
  return { method: 'DELETE', path: `${routesPath(namespace)}/${name}` };
}
