import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { apiVersion } from '@evergate/crds/objectMeta';
import { parseObject } from '@evergate/crds/parse';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import type { RenderContext } from '../../src/render/context.ts';

export const context: RenderContext = {
  image: 'registry.example.com/evergate/gateway:1.2.3',
  clusterCIDRs: ['10.96.0.0/12', 'fd00::/108'],
  operatorNamespace: 'evergate-system',
  deployment: undefined,
};

/** The fleet `edge` with this spec, as it comes from the API server. */
export function fleetOf(spec: object = {}): GatewayFleet {
  const kind = 'GatewayFleet';
  const metadata = { name: 'edge', namespace: 'infra', uid: '7d0b6f1e-5a39-4c9e-9b43-0d3a2f6f7f10' };
  const parsed = parseObject(kind, { apiVersion, kind, metadata, spec });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** Reads a field of an object by its path; undefined where there is none. */
export function at(object: KubeObject | undefined, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], object);
}
