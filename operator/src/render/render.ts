import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import {
  deployments,
  horizontalPodAutoscalers,
  networkPolicies,
  podDisruptionBudgets,
  type Resource,
  roleBindings,
  roles,
  serviceAccounts,
  services,
} from '../kube/resource.ts';
import type { RenderContext } from './context.ts';
import { deployment } from './deployment.ts';
import { fieldManager, replicasManager } from './fieldManagers.ts';
import { horizontalPodAutoscaler } from './horizontalPodAutoscaler.ts';
import { networkPolicy } from './networkPolicy.ts';
import { podDisruptionBudget } from './podDisruptionBudget.ts';
import { replicasHandover } from './replicas.ts';
import { role } from './role.ts';
import { roleBinding } from './roleBinding.ts';
import { service } from './service.ts';
import { serviceAccount } from './serviceAccount.ts';

/** An object to be applied, by force, as this field manager. */
export interface RenderedObject {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly fieldManager: string;
}

/** The kinds a fleet may have an object of, its documents aside. What carries its label and is not rendered is to be removed. */
export const renderedResources: readonly Resource[] = [
  serviceAccounts,
  roles,
  roleBindings,
  services,
  networkPolicies,
  podDisruptionBudgets,
  deployments,
  horizontalPodAutoscalers,
];

/**
 * Everything a fleet consists of but its documents, in the order to apply it: what pods need before the pods, and the autoscaler
 * after what it scales. Equal input, equal output.
 */
export function renderFleet(fleet: GatewayFleet, context: RenderContext): readonly RenderedObject[] {
  const watches = fleet.spec.delivery === 'Watch';
  return [
    ...ours(serviceAccounts, serviceAccount(fleet)),
    ...ours(roles, watches ? role(fleet) : undefined),
    ...ours(roleBindings, watches ? roleBinding(fleet) : undefined),
    ...ours(services, service(fleet)),
    ...ours(networkPolicies, networkPolicy(fleet, context.operatorNamespace)),
    ...ours(podDisruptionBudgets, podDisruptionBudget(fleet)),
    ...as(replicasManager, deployments, replicasHandover(fleet, context.deployment)),
    ...ours(deployments, deployment(fleet, context)),
    ...ours(horizontalPodAutoscalers, horizontalPodAutoscaler(fleet)),
  ];
}

function ours(resource: Resource, object: KubeObject | undefined): readonly RenderedObject[] {
  return as(fieldManager, resource, object);
}

function as(manager: string, resource: Resource, object: KubeObject | undefined): readonly RenderedObject[] {
  return object === undefined ? [] : [{ resource, object, fieldManager: manager }];
}
