import { defaultPorts } from '@evergate/contract/names';
import type { GatewayFleet, GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import { canonicalQuantity, quantityBytes } from '@evergate/crds/quantity';
import type { RenderContext } from './context.ts';
import { drainCommand, gatewayMain, imageReference, nodePath } from './image.ts';
import { copyPath, documentsPath, volumeMounts } from './volumes.ts';

/** The rest is for what V8 does not count: bodies on their way, TLS, code, and the copy of the table in memory. */
const HEAP_SHARE = 0.75;
const MEBIBYTE = 2 ** 20;

/**
 * The container of a gateway. Data ports are not listed: the list would say nothing that counts, and a new listener would roll every
 * pod. The startup probe asks for liveness, as readiness does not come before the first table: a pod that waits for it must
 * stay unready, and not be restarted.
 */
export function gatewayContainer(
  fleet: GatewayFleet,
  { image: releaseImage, clusterCIDRs }: Pick<RenderContext, 'image' | 'clusterCIDRs'>,
): object {
  const { image, resources, probes } = fleet.spec;
  return {
    name: 'gateway',
    image: imageReference(image, releaseImage),
    imagePullPolicy: image.pullPolicy,
    command: [nodePath, `--max-old-space-size=${heapMebibytes(resources)}`, gatewayMain],
    env: [...environment(fleet), ...forbidden(clusterCIDRs)],
    ports: [{ name: 'status', containerPort: defaultPorts.status, protocol: 'TCP' }],
    resources: { requests: quantities(resources.requests), limits: quantities(resources.limits) },
    startupProbe: probe('/health/live', probes.startup),
    readinessProbe: probe('/health/ready', probes.readiness),
    livenessProbe: probe('/health/live', probes.liveness),
    lifecycle: { preStop: { exec: { command: [nodePath, drainCommand, String(defaultPorts.admin)] } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts,
  };
}

type Probe = GatewayFleetSpec['probes']['startup'];

/** Without a delay of 0, which the API server does not store. */
function probe(path: string, { initialDelaySeconds, ...times }: Probe): object {
  const delay = initialDelaySeconds === 0 ? {} : { initialDelaySeconds };
  return { ...delay, ...times, httpGet: { path, port: 'status' } };
}

function environment({ metadata, spec }: GatewayFleet) {
  return [
    { name: 'EVERGATE_FLEET', value: metadata.name },
    { name: 'EVERGATE_DELIVERY', value: spec.delivery },
    { name: 'EVERGATE_DOCUMENTS', value: documentsPath },
    { name: 'EVERGATE_COPY', value: copyPath },
    fromField('EVERGATE_NAMESPACE', 'metadata.namespace'),
    fromField('POD_NAME', 'metadata.name'),
    fromField('POD_IP', 'status.podIP'),
    // Kubernetes 1.35 copies it from the node (KEP-4742); where there is none it is empty, and no zone is preferred.
    fromField('EVERGATE_ZONE', "metadata.labels['topology.kubernetes.io/zone']"),
  ];
}

function forbidden(ranges: readonly string[]) {
  return ranges.length === 0 ? [] : [{ name: 'EVERGATE_FORBIDDEN_CIDRS', value: ranges.join(',') }];
}

/** The version is what the API server fills in: without it, what we apply and what is stored would differ for ever. */
function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function heapMebibytes({ limits }: GatewayFleetSpec['resources']): number {
  return Math.floor((quantityBytes(limits.memory) * HEAP_SHARE) / MEBIBYTE);
}

/** As the API server stores them, so that what is there and what is wanted can be compared. */
function quantities(amounts: Readonly<Record<string, string | number | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) =>
      amount === undefined ? [] : [[name, canonicalQuantity(amount)]],
    ),
  );
}
