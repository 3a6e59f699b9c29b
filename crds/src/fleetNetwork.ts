import { z } from 'zod';
import { annotationMap, namespaceName, qualifiedNameText } from './fields.ts';
import { listSet, withRules } from './schema.ts';

/* How the gateways are reached, and how they get what they serve. */

const service = withRules(
  z.strictObject({
    type: z
      .enum(['LoadBalancer', 'NodePort', 'ClusterIP'])
      .default('LoadBalancer')
      .describe('Who reaches the fleet: everybody, everybody who reaches the nodes, or the cluster only.'),
    annotations: annotationMap.default({}).describe('Annotations, which most load balancers are configured with.'),
    externalTrafficPolicy: z
      .enum(['Local', 'Cluster'])
      .optional()
      .describe(
        'Local: nodes send clients to their own gateways only, which see the address of the client. Cluster: to any gateway, which sees the address of a node. Local for a LoadBalancer without it, else Cluster.',
      ),
    loadBalancerClass: qualifiedNameText
      .optional()
      .describe('Which of several load balancers takes it. It cannot be changed while the Service exists.'),
  }),
  {
    cel: "!has(self.externalTrafficPolicy) || !has(self.type) || self.type != 'ClusterIP'",
    holds: ({ type, externalTrafficPolicy }) => externalTrafficPolicy === undefined || type !== 'ClusterIP',
    message: 'externalTrafficPolicy must not be set when type is ClusterIP',
  },
  {
    cel: "!has(self.loadBalancerClass) || !has(self.type) || self.type == 'LoadBalancer'",
    holds: ({ type, loadBalancerClass }) => loadBalancerClass === undefined || type === 'LoadBalancer',
    message: 'loadBalancerClass needs type LoadBalancer',
  },
);

const networkPolicy = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether the gateways get a NetworkPolicy.'),
  metricsFrom: listSet(namespaceName, 16)
    .default([])
    .describe('Namespaces whose pods may read metrics and health, beside that of the operator.'),
});

/** The fields of a spec that say how the gateways are connected. */
export const networkFields = {
  service: service.prefault({}).describe('How the fleet is reached.'),
  networkPolicy: networkPolicy
    .prefault({})
    .describe('Lets clients reach the ports of the listeners only; what gateways connect to stays open.'),
  delivery: z
    .enum(['Watch', 'Mount'])
    .default('Watch')
    .describe(
      'How route tables reach the gateways. Watch: each watches its own objects, and serves an edit within milliseconds. Mount: the kubelet brings them, which takes a third of a second, or a whole one after another edit, and gateways have no token for the API server.',
    ),
};
