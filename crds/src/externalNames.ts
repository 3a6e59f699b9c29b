import { z } from 'zod';
import { hostname } from './fields.ts';
import { listSet } from './schema.ts';

/** Which ExternalName Services a fleet may send requests to. */
export const externalNames = z.strictObject({
  allow: listSet(hostname, 64)
    .default([])
    .describe(
      'Names, exact or with a wildcard for the first labels, that ExternalName Services may have as backends. Such a Service can name what no ReferenceGrant would permit, so none may by default. Names of the cluster, and addresses of the cluster, of the gateway itself, of the link and of metadata services are never used.',
    ),
});
