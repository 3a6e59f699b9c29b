import { caseOf, type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

function fleet(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayFleet', spec), refused);
}

function named(what: string, name: string, refused?: Refusal): ObjectCase {
  const object = objectOf('GatewayFleet', {});
  return caseOf(what, { ...object, metadata: { ...object.metadata, name } }, refused);
}

function nameRefused(message: string): Refusal {
  return { path: 'metadata.name', message, server: 'metadata.name must have at most 40 characters and no dot' };
}

const scalingCases: readonly ObjectCase[] = [
  fleet('a fleet of many gateways', { replicas: 12 }),
  fleet('two gateways, on purpose', { replicas: 2, allowFewerReplicas: true }),
  fleet('two gateways', { replicas: 2 }, { path: 'spec', message: 'replicas below 3 needs allowFewerReplicas: true' }),
  fleet(
    'no gateways',
    { replicas: 0, allowFewerReplicas: true },
    { path: 'spec.replicas', message: 'expected at least 1', server: 'should be greater than or equal to 1' },
  ),
  fleet('an autoscaler with nothing said', { autoscaling: {} }),
  fleet('an autoscaler with everything said', {
    autoscaling: {
      mode: 'Managed',
      minReplicas: 4,
      maxReplicas: 40,
      cpuUtilization: 60,
      memoryUtilization: 80,
      requestsPerSecond: 2000,
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
        scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      },
    },
  }),
  fleet('an autoscaler of somebody else', { autoscaling: { mode: 'External' } }),
  fleet(
    'an autoscaler of somebody else, with metrics for ours',
    { autoscaling: { mode: 'External', memoryUtilization: 80 } },
    { path: 'spec.autoscaling', message: 'must not be set when mode is External' },
  ),
  fleet(
    'an autoscaler with more at least than at most',
    { autoscaling: { minReplicas: 5, maxReplicas: 4 } },
    { path: 'spec.autoscaling', message: 'minReplicas must not be above maxReplicas' },
  ),
  fleet(
    'an autoscaler that may leave one gateway',
    { autoscaling: { minReplicas: 1 } },
    { path: 'spec', message: 'autoscaling.minReplicas below 3 needs allowFewerReplicas: true' },
  ),
  fleet('an autoscaler that may leave one gateway, on purpose', {
    allowFewerReplicas: true,
    autoscaling: { minReplicas: 1 },
  }),
  fleet('a rollout that takes gateways away first', { rollout: { maxUnavailable: 1, maxSurge: 0 } }),
  fleet(
    'a rollout that may change nothing',
    { rollout: { maxSurge: 0 } },
    { path: 'spec.rollout', message: 'maxUnavailable or maxSurge must be above 0' },
  ),
  fleet(
    'drains that may take nothing away',
    { disruption: { maxUnavailable: 0 } },
    {
      path: 'spec.disruption.maxUnavailable',
      message: 'expected at least 1',
      server: 'should be greater than or equal to 1',
    },
  ),
];

const podCases: readonly ObjectCase[] = [
  fleet('an image by its digest', {
    image: { repository: 'registry.example.com:5000/edge/gateway', digest: `sha256:${'0a'.repeat(32)}` },
  }),
  fleet(
    'an image by tag and digest',
    { image: { tag: '1.0.0', digest: `sha256:${'0a'.repeat(32)}` } },
    { path: 'spec.image', message: 'set tag or digest, not both' },
  ),
  fleet(
    'an image with its tag in the repository',
    { image: { repository: 'evergate/gateway:1.0.0' } },
    {
      path: 'spec.image.repository',
      message: 'expected an image without tag and digest',
      server: 'spec.image.repository in body should match',
    },
  ),
  fleet('resources of every form', {
    resources: { requests: { cpu: 1, memory: 268_435_456 }, limits: { cpu: '1.5', memory: '2Gi' } },
  }),
  fleet('no limit of processor time', { resources: { requests: { cpu: 8 }, limits: { memory: '2Gi' } } }),
  fleet(
    'more processor time reserved than permitted',
    { resources: { requests: { cpu: '1100m' } } },
    { path: 'spec.resources', message: 'requests.cpu must not be above limits.cpu' },
  ),
  fleet(
    'more memory reserved than permitted',
    { resources: { requests: { memory: '1025Mi' } } },
    { path: 'spec.resources', message: 'requests.memory must not be above limits.memory' },
  ),
  fleet(
    'hardly any memory',
    { resources: { requests: { memory: '64Mi' }, limits: { memory: '127Mi' } } },
    { path: 'spec.resources', message: 'limits.memory must be 128Mi or more' },
  ),
  fleet('probes with the delays of an older setup', {
    probes: { readiness: { initialDelaySeconds: 5 }, liveness: { initialDelaySeconds: 30, timeoutSeconds: 1 } },
  }),
  fleet(
    'a probe that never asks',
    { probes: { liveness: { periodSeconds: 0 } } },
    {
      path: 'spec.probes.liveness.periodSeconds',
      message: 'expected at least 1',
      server: 'should be greater than or equal to 1',
    },
  ),
  fleet('a pod with everything said', {
    podTemplate: {
      metadata: { labels: { team: 'edge' }, annotations: { 'example.com/cost-centre': 'a b c' } },
      spec: {
        nodeSelector: { 'kubernetes.io/os': 'linux', pool: '' },
        tolerations: [
          { operator: 'Exists', effect: 'NoSchedule' },
          { key: 'dedicated', value: 'edge', effect: 'NoExecute', tolerationSeconds: 60 },
        ],
        priorityClassName: 'system-cluster-critical',
        runtimeClassName: 'gvisor',
        schedulerName: 'default-scheduler',
      },
    },
  }),
  fleet(
    'a label that is none',
    { podTemplate: { metadata: { labels: { 'not a name': 'x' } } } },
    { path: 'spec.podTemplate.metadata.labels', message: 'keys must be names such as team or example.com/team' },
  ),
  fleet(
    'the value of a label that is none',
    { podTemplate: { metadata: { labels: { team: 'a b' } } } },
    {
      path: 'spec.podTemplate.metadata.labels.team',
      message: 'expected the value of a label',
      server: 'spec.podTemplate.metadata.labels.team in body should match',
    },
  ),
  fleet(
    'a toleration of nothing',
    { podTemplate: { spec: { tolerations: [{ effect: 'NoSchedule' }] } } },
    { path: 'spec.podTemplate.spec.tolerations[0]', message: 'operator must be Exists when key is not set' },
  ),
  fleet(
    'a toleration of any value, with a value',
    { podTemplate: { spec: { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] } } },
    { path: 'spec.podTemplate.spec.tolerations[0]', message: 'value must not be set when operator is Exists' },
  ),
  fleet(
    'a toleration for a while of what sends nobody away',
    { podTemplate: { spec: { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 }] } } },
    { path: 'spec.podTemplate.spec.tolerations[0]', message: 'tolerationSeconds needs effect NoExecute' },
  ),
  fleet(
    'a container in the pod template',
    { podTemplate: { spec: { containers: [] } } },
    {
      path: 'spec.podTemplate.spec.containers',
      message: 'unknown field',
      server: 'unknown field "spec.podTemplate.spec.containers"',
    },
  ),
];

const networkCases: readonly ObjectCase[] = [
  fleet('a Service with everything said', {
    service: {
      type: 'LoadBalancer',
      annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'external' },
      externalTrafficPolicy: 'Cluster',
      loadBalancerClass: 'service.k8s.aws/nlb',
    },
    networkPolicy: { enabled: true, metricsFrom: ['monitoring'] },
    delivery: 'Mount',
    spread: 'Strict',
  }),
  fleet(
    'a traffic policy for nobody outside',
    { service: { type: 'ClusterIP', externalTrafficPolicy: 'Local' } },
    { path: 'spec.service', message: 'externalTrafficPolicy must not be set when type is ClusterIP' },
  ),
  fleet(
    'a class of load balancers, and none wanted',
    { service: { type: 'NodePort', loadBalancerClass: 'a' } },
    { path: 'spec.service', message: 'loadBalancerClass needs type LoadBalancer' },
  ),
];

export const fleetPodCases: readonly ObjectCase[] = [
  named('a name of 40 characters', 'a'.repeat(40)),
  named('a name of 41 characters', 'a'.repeat(41), nameRefused('expected at most 40 characters')),
  named('a name with a dot', 'edge.a', nameRefused('expected the name of a fleet')),
  ...scalingCases,
  ...podCases,
  ...networkCases,
];
