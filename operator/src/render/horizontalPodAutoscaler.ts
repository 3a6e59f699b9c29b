import type { GatewayFleet, GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import { canonicalQuantity } from '@evergate/crds/quantity';
import type { KubeObject } from '../kube/kubeObject.ts';
import { apiVersionOf, deployments, horizontalPodAutoscalers } from '../kube/resource.ts';
import { fleetObject } from './fleetObject.ts';

/** The pods metric that an adapter makes of the gateways' `evergate_requests_total`. */
const REQUESTS_METRIC = 'evergate_requests_per_second';

type Autoscaling = NonNullable<GatewayFleetSpec['autoscaling']>;

/** The autoscaler of a fleet; undefined where it has none, or one that somebody else runs. */
export function horizontalPodAutoscaler(fleet: GatewayFleet): KubeObject | undefined {
  const { autoscaling } = fleet.spec;
  if (autoscaling === undefined || autoscaling.mode === 'External') return undefined;
  const { minReplicas, maxReplicas, behavior } = autoscaling;
  const spec = {
    scaleTargetRef: { apiVersion: apiVersionOf(deployments), kind: deployments.kind, name: fleet.metadata.name },
    minReplicas,
    maxReplicas,
    metrics: metrics(autoscaling),
    ...(behavior === undefined ? {} : { behavior }),
  };
  return fleetObject(fleet, horizontalPodAutoscalers, { fields: { spec } });
}

function metrics({ cpuUtilization, memoryUtilization, requestsPerSecond }: Autoscaling): readonly object[] {
  return [
    utilization('cpu', cpuUtilization),
    ...(memoryUtilization === undefined ? [] : [utilization('memory', memoryUtilization)]),
    ...(requestsPerSecond === undefined ? [] : [average(REQUESTS_METRIC, requestsPerSecond)]),
  ];
}

function utilization(name: string, averageUtilization: number): object {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}

function average(name: string, value: number): object {
  return {
    type: 'Pods',
    pods: { metric: { name }, target: { type: 'AverageValue', averageValue: canonicalQuantity(value) } },
  };
}
