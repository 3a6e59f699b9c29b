import { z } from 'zod';
import { integer, list, withRules } from './schema.ts';

/* How many gateways run, and how many of them may be away at a time. */

export const MIN_REPLICAS = 3;
const MAX_REPLICAS = 1000;

const replicaCount = integer(1, MAX_REPLICAS);
const utilization = integer(1, 1000);

const scalingPolicy = z.strictObject({
  type: z.enum(['Pods', 'Percent']).describe('What `value` counts: gateways, or percent of them.'),
  value: integer(1, 1000).describe('The most that one period may add or remove.'),
  periodSeconds: integer(1, 1800).describe('The length of the period.'),
});

const scalingRules = z.strictObject({
  stabilizationWindowSeconds: integer(0, 3600)
    .optional()
    .describe('How far back recommendations are looked at: the one that changes least holds.'),
  selectPolicy: z
    .enum(['Max', 'Min', 'Disabled'])
    .optional()
    .describe(
      'Which of several policies holds: the one that changes most, that changes least, or none changes anything.',
    ),
  policies: list(scalingPolicy, 8).min(1).optional().describe('How fast the number may change.'),
});

const behavior = z.strictObject({
  scaleUp: scalingRules.optional().describe('How gateways are added.'),
  scaleDown: scalingRules.optional().describe('How gateways are removed.'),
});

/** The autoscaler of the cluster, or one that somebody else runs. */
export const autoscaling = withRules(
  z.strictObject({
    mode: z
      .enum(['Managed', 'External'])
      .default('Managed')
      .describe(
        'Managed: the fleet gets a HorizontalPodAutoscaler with the numbers here. External: something else sets the number of gateways; the operator leaves it alone, and the numbers here are not used.',
      ),
    minReplicas: replicaCount
      .default(MIN_REPLICAS)
      .describe('The fewest gateways. Fewer than 3 needs `allowFewerReplicas: true`.'),
    maxReplicas: replicaCount.default(10).describe('The most gateways.'),
    cpuUtilization: utilization
      .default(70)
      .describe('The processor time that gateways should use on average, in percent of what they request.'),
    memoryUtilization: utilization
      .optional()
      .describe(
        'The same of memory. Memory in use does not fall with the load, so gateways that were added for it may stay.',
      ),
    requestsPerSecond: integer(1, 1_000_000)
      .optional()
      .describe(
        'The requests a second that a gateway should have on average. Needs an adapter that serves the pods metric `evergate_requests_per_second`.',
      ),
    behavior: behavior.optional().describe('How fast the number changes; as the cluster does it without.'),
  }),
  {
    cel: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
    holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    message: 'minReplicas must not be above maxReplicas',
  },
  {
    cel: "!has(self.mode) || self.mode != 'External' || (!has(self.memoryUtilization) && !has(self.requestsPerSecond) && !has(self.behavior))",
    holds: ({ mode, memoryUtilization, requestsPerSecond, behavior }) =>
      mode !== 'External' || [memoryUtilization, requestsPerSecond, behavior].every((field) => field === undefined),
    message: 'memoryUtilization, requestsPerSecond and behavior must not be set when mode is External',
  },
);

/** What holds between the numbers of a fleet, for the schema of its spec. */
export const enoughReplicas = {
  cel: `(has(self.allowFewerReplicas) && self.allowFewerReplicas) || !has(self.replicas) || self.replicas >= ${MIN_REPLICAS}`,
  holds: ({ allowFewerReplicas, replicas }: { readonly allowFewerReplicas: boolean; readonly replicas: number }) =>
    allowFewerReplicas || replicas >= MIN_REPLICAS,
  message: `replicas below ${MIN_REPLICAS} needs allowFewerReplicas: true, as a fleet that small does not survive much`,
};

export const enoughAutoscaledReplicas = {
  cel: `(has(self.allowFewerReplicas) && self.allowFewerReplicas) || !has(self.autoscaling) || !has(self.autoscaling.minReplicas) || self.autoscaling.minReplicas >= ${MIN_REPLICAS}`,
  holds: (spec: {
    readonly allowFewerReplicas: boolean;
    readonly autoscaling?: { readonly minReplicas: number } | undefined;
  }) => spec.allowFewerReplicas || spec.autoscaling === undefined || spec.autoscaling.minReplicas >= MIN_REPLICAS,
  message: `autoscaling.minReplicas below ${MIN_REPLICAS} needs allowFewerReplicas: true, as a fleet that small does not survive much`,
};

/** The fields of a spec that say how many gateways there are. */
export const scalingFields = {
  replicas: replicaCount
    .default(MIN_REPLICAS)
    .describe('How many gateways run, while `autoscaling` is not set. Fewer than 3 needs `allowFewerReplicas: true`.'),
  allowFewerReplicas: z
    .boolean()
    .default(false)
    .describe('Permits fewer than 3 gateways, which do not outlive a lost node during an update.'),
  autoscaling: autoscaling.optional().describe('Lets the load decide how many gateways run.'),
  disruption: z
    .strictObject({
      maxUnavailable: integer(1, MAX_REPLICAS)
        .default(1)
        .describe('How many gateways may be away at once because nodes are drained.'),
    })
    .prefault({})
    .describe('What a drain of nodes may do to the fleet.'),
  rollout: withRules(
    z.strictObject({
      maxUnavailable: integer(0, MAX_REPLICAS).default(0).describe('How many gateways may be missing meanwhile.'),
      maxSurge: integer(0, MAX_REPLICAS).default(1).describe('How many gateways may be there in addition meanwhile.'),
    }),
    {
      cel: '(has(self.maxUnavailable) && self.maxUnavailable > 0) || !has(self.maxSurge) || self.maxSurge > 0',
      holds: ({ maxUnavailable, maxSurge }) => maxUnavailable > 0 || maxSurge > 0,
      message: 'maxUnavailable or maxSurge must be above 0, or no gateway could ever be replaced',
    },
  )
    .prefault({})
    .describe('How gateways are replaced when the fleet changes.'),
  spread: z
    .enum(['ScheduleAnyway', 'Strict'])
    .default('ScheduleAnyway')
    .describe(
      'How gateways are spread over zones and nodes. ScheduleAnyway: as well as it goes. Strict: evenly, or a gateway waits; nodes without a zone take none.',
    ),
};
