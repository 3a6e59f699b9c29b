import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import type { KubeObject } from '../kube/kubeObject.ts';
import { services } from '../kube/resource.ts';
import { portListeners } from '../translate/listeners.ts';
import { containerPorts } from './containerPorts.ts';
import { fleetObject } from './fleetObject.ts';
import { podSelector } from './labels.ts';

/** The Service that clients reach a fleet by: one port for each port of its listeners. */
export function service(fleet: GatewayFleet): KubeObject {
  const { listeners, service: wanted } = fleet.spec;
  const { type, annotations, loadBalancerClass } = wanted;
  const externalTrafficPolicy = trafficPolicy(wanted);
  const targets = containerPorts(listeners);
  const spec = {
    type,
    ipFamilyPolicy: 'PreferDualStack',
    ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    selector: podSelector(fleet.metadata.name),
    ports: portListeners(listeners).map(({ name, port }) => ({
      name,
      port,
      protocol: 'TCP',
      targetPort: targets.get(port),
    })),
  };
  return fleetObject(fleet, services, { annotations, fields: { spec } });
}

/** With Local, gateways see the client's own address; a Service for the cluster alone has no such policy. */
function trafficPolicy({ type, externalTrafficPolicy }: GatewayFleet['spec']['service']): string | undefined {
  if (type === 'ClusterIP') return undefined;
  return externalTrafficPolicy ?? (type === 'LoadBalancer' ? 'Local' : 'Cluster');
}
