import { isIP } from 'node:net';
import { coversHostname } from './hostnames.ts';
import type { Finding } from './verdict.ts';

/** What a name inside the cluster or the machine ends in, and what is one of those whole. */
const LOCAL = /(^|[.])(svc|local|localhost|localdomain)$/;

export type ExternalNameResolution =
  | { readonly hostname: string }
  /** A name that the fleet does not permit (any more) is withdrawn; one that is no name is a mistake. */
  | { readonly finding: Finding; readonly outcome: 'Mistake' | 'Withdrawn' };

/**
 * Decides whether an ExternalName Service may be a backend. Here the name is checked; gateways check each address that it resolves to.
 * `service` is `<namespace>/<name>`.
 */
export function resolveExternalName(
  service: string,
  externalName: string | null | undefined,
  allow: readonly string[],
): ExternalNameResolution {
  const hostname = (externalName ?? '').toLowerCase().replace(/[.]$/, '');
  const named = `Service ${service} is of type ExternalName and names ${JSON.stringify(hostname)}`;
  if (!/^[-a-z0-9_]+([.][-a-z0-9_]+)+$/.test(hostname) || isIP(hostname) !== 0) {
    return mistake(`${named}, which is no full host name; name one such as gateway.example.com`);
  }
  if (LOCAL.test(hostname)) {
    return mistake(`${named}, which belongs to the cluster; name the Service itself`);
  }
  if (allow.some((pattern) => coversHostname(pattern, hostname))) return { hostname };
  const message = `${named}, which spec.externalNames.allow of the GatewayFleet does not permit; add it there`;
  return { outcome: 'Withdrawn', finding: { reason: 'RefNotPermitted', message } };
}

function mistake(message: string): ExternalNameResolution {
  return { outcome: 'Mistake', finding: { reason: 'UnsupportedValue', message } };
}
