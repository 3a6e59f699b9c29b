import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { configMaps, gatewayFleets, gatewayRoutes, type Resource, secrets } from '../../src/kube/resource.ts';
import { renderedResources } from '../../src/render/render.ts';
import type { OperatorUnderTest } from './operatorUnderTest.ts';

const kinds: readonly Resource[] = [...renderedResources, configMaps, secrets, gatewayRoutes, gatewayFleets];

/** What a test's namespace holds, without what differs from one run to the next: names that were drawn, times, versions, sequences. */
export async function snapshot(cluster: OperatorUnderTest): Promise<Readonly<Record<string, unknown>>> {
  const lists = await Promise.all(kinds.map((resource) => cluster.list(resource)));
  const objects = lists.flatMap((list, i) =>
    list.map((object) => [`${kinds[i]?.plural} ${object.metadata.name}`, object] as const),
  );
  const theirs = objects.filter(
    ([, object]) => object.metadata.labels?.['evergate.dev/fleet'] !== undefined || isOurs(object),
  );
  return Object.fromEntries(theirs.map(([key, object]) => [key, normal(object, cluster.namespace)]));
}

function isOurs({ apiVersion }: KubeObject): boolean {
  return apiVersion?.startsWith('evergate.dev/') ?? false;
}

const drawn: readonly string[] = [
  'uid',
  'fleetUID',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'generation',
  'createdAt',
  'clusterAddress',
  'epoch',
  'sequence',
  'needs',
  'slot',
  'hash',
  'revision',
  'clusterIP',
  'clusterIPs',
  'addresses',
  'nodePort',
  'healthCheckNodePort',
  'lastTransitionTime',
  'programmedAt',
  'lastPropagationMs',
];

function normal(value: unknown, namespace: string): unknown {
  if (typeof value === 'string') return text(value, namespace);
  if (Array.isArray(value)) return value.map((one) => normal(one, namespace));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([field]) => !drawn.includes(field));
  return Object.fromEntries(fields.map(([field, inner]) => [field, normal(inner, namespace)]));
}

/** Documents stand as texts within objects, and parts as texts within documents. */
function text(value: string, namespace: string): unknown {
  const here = value.replaceAll(namespace, 'here');
  if (here.startsWith('{')) return normal(JSON.parse(here), namespace);
  const decoded = /^[A-Za-z0-9+/]{40,}=*$/.test(here) ? Buffer.from(here, 'base64').toString('utf8') : '';
  return decoded.startsWith('{') ? normal(JSON.parse(decoded), namespace) : here;
}
