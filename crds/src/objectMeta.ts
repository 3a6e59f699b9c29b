import { z } from 'zod';
import { namespaceName, objectName } from './fields.ts';
import type { DeepReadonly } from './schema.ts';

/** The group of our kinds. */
export const group = 'evergate.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}` as const;

const stringMap = z.record(z.string(), z.string()).nullish();

/**
 * What we read of an object's metadata. The API server guards it; in files a name with a slash would make ids and statuses
 * ambiguous, so names are looked at here too. Manifests in files have neither uid nor generation, which
 * read as `''` and 0 then, and live in the namespace `default` unless they name another.
 */
export const objectMeta = z.object({
  name: objectName,
  namespace: namespaceName.default('default'),
  uid: z.string().max(64).default(''),
  generation: z.number().int().min(0).default(0),
  resourceVersion: z.string().max(64).optional(),
  /** RFC 3339. */
  creationTimestamp: z.string().max(64).nullish(),
  deletionTimestamp: z.string().max(64).nullish(),
  labels: stringMap,
  annotations: stringMap,
});

export type ObjectMeta = DeepReadonly<z.infer<typeof objectMeta>>;
