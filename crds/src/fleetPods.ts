import { z } from 'zod';
import { annotationMap, labelMap, objectName, qualifiedNameText, sectionName } from './fields.ts';
import { byteQuantity, cpuQuantity, quantityBytes, quantityMillicores } from './quantity.ts';
import { integer, listMap, patternText, text, withRules } from './schema.ts';

/* What a gateway's pod looks like. */

const image = withRules(
  z.strictObject({
    repository: patternText({
      max: 255,
      pattern: /^[a-z0-9]([-a-z0-9._]*[a-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9]([-a-z0-9._]*[a-z0-9])?)*$/,
      accepts: 'an image without tag and digest, such as registry.example.com/evergate/gateway',
    })
      .optional()
      .describe('Where the image is; that of the release without one.'),
    tag: patternText({
      max: 128,
      pattern: /^[A-Za-z0-9_][-A-Za-z0-9._]*$/,
      accepts: 'the tag of an image, such as 1.4.2',
    })
      .optional()
      .describe('Which version of it; that of the release without `tag` and `digest`.'),
    digest: patternText({
      max: 71,
      pattern: /^sha256:[0-9a-f]{64}$/,
      accepts: 'a digest, sha256: and 64 hexadecimal digits',
    })
      .optional()
      .describe('Which image exactly.'),
    pullPolicy: z
      .enum(['IfNotPresent', 'Always', 'Never'])
      .default('IfNotPresent')
      .describe('When nodes fetch the image.'),
    pullSecrets: listMap(
      z.strictObject({ name: objectName.describe('The name of a Secret in the namespace of the fleet.') }),
      ['name'],
      16,
    )
      .default([])
      .describe('What nodes show the registry.'),
  }),
  {
    cel: '!has(self.tag) || !has(self.digest)',
    holds: ({ tag, digest }) => tag === undefined || digest === undefined,
    message: 'set tag or digest, not both',
  },
);

const resources = withRules(
  z.strictObject({
    requests: z
      .strictObject({
        cpu: cpuQuantity.default('500m').describe('Processor time that is reserved.'),
        memory: byteQuantity.default('512Mi').describe('Memory that is reserved.'),
      })
      .prefault({})
      .describe('What the scheduler reserves for a gateway.'),
    limits: z
      .strictObject({
        cpu: cpuQuantity.optional().describe('The most processor time; no limit where `limits` is set without it.'),
        memory: byteQuantity
          .default('1Gi')
          .describe('The most memory. The heap of a gateway takes three quarters of it at most.'),
      })
      .prefault({ cpu: '1000m' })
      .describe('What a gateway may take at most.'),
  }),
  {
    cel: '!has(self.limits) || !has(self.limits.memory) || quantity(string(self.limits.memory)).compareTo(quantity("128Mi")) >= 0',
    holds: ({ limits }) => quantityBytes(limits.memory) >= 128 * 2 ** 20,
    message: 'limits.memory must be 128Mi or more',
  },
  {
    cel: '!has(self.requests) || !has(self.limits) || !has(self.requests.memory) || !has(self.limits.memory) || quantity(string(self.requests.memory)).compareTo(quantity(string(self.limits.memory))) <= 0',
    holds: ({ requests, limits }) => quantityBytes(requests.memory) <= quantityBytes(limits.memory),
    message: 'requests.memory must not be above limits.memory',
  },
  {
    cel: '!has(self.requests) || !has(self.limits) || !has(self.requests.cpu) || !has(self.limits.cpu) || quantity(string(self.requests.cpu)).compareTo(quantity(string(self.limits.cpu))) <= 0',
    holds: ({ requests, limits }) =>
      limits.cpu === undefined || quantityMillicores(requests.cpu) <= quantityMillicores(limits.cpu),
    message: 'requests.cpu must not be above limits.cpu',
  },
);

function probe(initialDelaySeconds: number, periodSeconds: number, failureThreshold: number) {
  return z.strictObject({
    initialDelaySeconds: integer(0, 3600)
      .default(initialDelaySeconds)
      .describe('How long after its start a container is first asked.'),
    periodSeconds: integer(1, 3600).default(periodSeconds).describe('How long until it is asked again.'),
    timeoutSeconds: integer(1, 3600).default(5).describe('How long an answer may take.'),
    failureThreshold: integer(1, 3600).default(failureThreshold).describe('How many failures in a row count.'),
  });
}

const probes = z.strictObject({
  startup: probe(0, 1, 60).prefault({}).describe('Whether the process has started. Too many failures restart it.'),
  readiness: probe(0, 5, 3)
    .prefault({})
    .describe('Whether the gateway serves its table. Too many failures take it out of the Service.'),
  liveness: probe(0, 10, 3).prefault({}).describe('Whether the process still answers. Too many failures restart it.'),
});

const toleration = withRules(
  z.strictObject({
    key: qualifiedNameText.optional().describe('The key of the taint; every taint without one.'),
    operator: z.enum(['Exists', 'Equal']).default('Equal').describe('Whether the value of the taint matters.'),
    value: text(63).optional().describe('The value of the taint, with operator Equal.'),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('The effect of the taint; every effect without one.'),
    tolerationSeconds: integer(0, 86_400)
      .optional()
      .describe('How long a gateway stays after such a taint came, with effect NoExecute.'),
  }),
  {
    cel: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
    holds: ({ key, operator }) => key !== undefined || operator === 'Exists',
    message: 'operator must be Exists when key is not set',
  },
  {
    cel: "!has(self.value) || !has(self.operator) || self.operator == 'Equal'",
    holds: ({ value, operator }) => value === undefined || operator === 'Equal',
    message: 'value must not be set when operator is Exists',
  },
  {
    cel: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
    holds: ({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === 'NoExecute',
    message: 'tolerationSeconds needs effect NoExecute',
  },
);

const podTemplate = z.strictObject({
  metadata: z
    .strictObject({
      labels: labelMap.default({}).describe('Labels in addition. The labels of the operator stay.'),
      annotations: annotationMap.default({}).describe('Annotations in addition.'),
    })
    .prefault({})
    .describe('What else the pods say of themselves.'),
  spec: z
    .strictObject({
      nodeSelector: labelMap.default({}).describe('Labels that a node must have.'),
      tolerations: z.array(toleration).max(64).default([]).describe('Taints of nodes that gateways put up with.'),
      priorityClassName: objectName.optional().describe('How important the pods are beside others.'),
      runtimeClassName: objectName.optional().describe('Which container runtime runs them.'),
      schedulerName: sectionName.optional().describe('Which scheduler places them.'),
    })
    .prefault({})
    .describe('Where the pods run.'),
});

/** The fields of a spec that say what a gateway's pod looks like. */
export const podFields = {
  image: image.prefault({}).describe('What runs in the pods.'),
  resources: resources.prefault({}).describe('What a gateway needs and may take.'),
  probes: probes.prefault({}).describe('How the kubelet asks a gateway how it is.'),
  podTemplate: podTemplate
    .prefault({})
    .describe('What the pods have besides: the parts of a pod that are free to choose.'),
};
