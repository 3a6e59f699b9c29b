import type { ObjectRef } from './kubeObject.ts';

/** One kind of the API server, in one version, and where its objects are. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly kind: string;
}

function namespaced(apiVersion: string, kind: string, plural: string): Resource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, plural, namespaced: true, kind };
}

export const configMaps: Resource = namespaced('v1', 'ConfigMap', 'configmaps');
export const secrets: Resource = namespaced('v1', 'Secret', 'secrets');
export const services: Resource = namespaced('v1', 'Service', 'services');
export const pods: Resource = namespaced('v1', 'Pod', 'pods');
export const serviceAccounts: Resource = namespaced('v1', 'ServiceAccount', 'serviceaccounts');
export const namespaces: Resource = { ...namespaced('v1', 'Namespace', 'namespaces'), namespaced: false };
export const endpointSlices: Resource = namespaced('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices');
export const deployments: Resource = namespaced('apps/v1', 'Deployment', 'deployments');
export const podDisruptionBudgets: Resource = namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
export const horizontalPodAutoscalers: Resource = namespaced(
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
);
export const roles: Resource = namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles');
export const roleBindings: Resource = namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings');
export const networkPolicies: Resource = namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const leases: Resource = namespaced('coordination.k8s.io/v1', 'Lease', 'leases');
export const events: Resource = namespaced('events.k8s.io/v1', 'Event', 'events');
export const customResourceDefinitions: Resource = {
  ...namespaced('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  namespaced: false,
};
export const gatewayRoutes: Resource = namespaced('evergate.dev/v1alpha1', 'GatewayRoute', 'gatewayroutes');
export const gatewayFleets: Resource = namespaced('evergate.dev/v1alpha1', 'GatewayFleet', 'gatewayfleets');
export const backendPolicies: Resource = namespaced('evergate.dev/v1alpha1', 'BackendPolicy', 'backendpolicies');
/** A kind of Gateway API: not every cluster has it. */
export const referenceGrants: Resource = namespaced(
  'gateway.networking.k8s.io/v1beta1',
  'ReferenceGrant',
  'referencegrants',
);
/** The subresource of a pod that an eviction is posted to. */
export const evictionSubresource = 'eviction';

/** As in an object's `apiVersion`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

export interface PathParts extends Partial<ObjectRef> {
  readonly subresource?: string | undefined;
}

/**
 * The path of a kind's objects, of one of them, or of a part of one. Without a namespace a namespaced kind's path covers all of them.
 * A namespace given for a kind without any is left out.
 */
export function resourcePath(resource: Resource, { namespace, name, subresource }: PathParts = {}): string {
  const { group, version, plural } = resource;
  const scope = resource.namespaced && namespace !== undefined && namespace !== '' ? ['namespaces', namespace] : [];
  const root = group === '' ? ['api', version] : ['apis', group, version];
  const parts = [...root, ...scope, plural, name, name === undefined ? undefined : subresource];
  return parts.map((part) => (part === undefined ? '' : `/${encodeURIComponent(part)}`)).join('');
}
