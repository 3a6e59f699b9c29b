import type { GatewayFleetSpec } from '@evergate/crds/gatewayFleet';

/* Where things are in the images: `images/Dockerfile` puts them there. */

export const nodePath = '/usr/local/bin/node';
export const gatewayMain = '/app/gateway/dist/src/main.js';
/** Tells the gateway beside it to drain, and ends after the propagation delay. Its argument is the admin port. */
export const drainCommand = '/app/gateway/dist/src/drainCommand.js';

/** The image that a fleet wants: what it says, and the rest as the release has it. */
export function imageReference({ repository, tag, digest }: GatewayFleetSpec['image'], releaseImage: string): string {
  const release = splitReference(releaseImage);
  const name = repository ?? release.repository;
  if (digest !== undefined) return `${name}@${digest}`;
  if (tag !== undefined) return `${name}:${tag}`;
  return name + release.version;
}

/** `version` begins with `:` or `@`, or is empty. The colon of a registry's port stands before a slash. */
function splitReference(reference: string): { readonly repository: string; readonly version: string } {
  const version = reference.match(/(@[^@]+|:[^:/@]+)$/)?.[0] ?? '';
  return { repository: reference.slice(0, reference.length - version.length), version };
}
