import { createHash } from 'node:crypto';
import { canonicalJson } from '../deliver/canonicalJson.ts';
import type { KubeObject } from '../kube/kubeObject.ts';

/** What the Deployment controller writes into a Deployment for itself. */
const CONTROLLERS_OWN = 'deployment.kubernetes.io/revision';

/** A hash of what an object is told to be, and of nothing that changes by itself: not of its status or versions. */
export function fingerprint(object: KubeObject): string {
  const { status: _status, metadata, ...said } = object;
  const { resourceVersion: _version, managedFields: _managers, generation: _generation, ...named } = metadata;
  const { [CONTROLLERS_OWN]: _revision, ...annotations } = metadata.annotations ?? {};
  const text = canonicalJson({ ...said, metadata: { ...named, annotations } });
  return createHash('sha256').update(text).digest('base64');
}
