import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { deployments } from '../kube/resource.ts';
import type { RenderContext } from './context.ts';
import { fleetObject } from './fleetObject.ts';
import { podSelector } from './labels.ts';
import { podTemplate } from './podTemplate.ts';
import { appliedReplicas } from './replicas.ts';

/** The Deployment of a fleet. It says `replicas` only while nothing else decides it. */
export function deployment(fleet: GatewayFleet, context: RenderContext): KubeObject {
  const { rollout } = fleet.spec;
  const replicas = appliedReplicas(fleet.spec, context.deployment);
  const spec = {
    ...(replicas === undefined ? {} : { replicas }),
    revisionHistoryLimit: 3,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: rollout.maxUnavailable, maxSurge: rollout.maxSurge },
    },
    selector: { matchLabels: podSelector(fleet.metadata.name) },
    template: podTemplate(fleet, context),
  };
  return fleetObject(fleet, deployments, { fields: { spec } });
}
