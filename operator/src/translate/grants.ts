import type { ReferenceGrant } from '@evergate/crds/kubernetes';
import { group } from '@evergate/crds/objectMeta';

/** Says whether the routes of one namespace may name a Service of another. */
export type IsPermitted = (fromNamespace: string, toNamespace: string, service: string) => boolean;

/** Reads the Gateway API ReferenceGrants from GatewayRoutes to Services; all others concern somebody else. */
export function permissions(grants: readonly ReferenceGrant[]): IsPermitted {
  const granted = new Set<string>();
  for (const { metadata, spec } of grants) {
    const sources = spec.from.filter((from) => from.group === group && from.kind === 'GatewayRoute');
    const targets = spec.to.filter((to) => to.group === '' && to.kind === 'Service');
    for (const from of sources) {
      for (const to of targets) granted.add(grantKey(from.namespace, metadata.namespace, to.name ?? ''));
    }
  }
  return (fromNamespace, toNamespace, service) =>
    fromNamespace === toNamespace ||
    granted.has(grantKey(fromNamespace, toNamespace, '')) ||
    granted.has(grantKey(fromNamespace, toNamespace, service));
}

/** A grant without a name is for every Service of its namespace. */
function grantKey(from: string, to: string, service: string): string {
  return `${from} ${to} ${service}`;
}
