import type { KubeObject, OwnerReference } from '../kube/kubeObject.ts';

/** Who controls an object: the one owner that is called its controller. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether this very owner controls the object, not a namesake of it. */
export function isControlledBy(object: KubeObject, uid: string): boolean {
  return controllerOf(object)?.uid === uid;
}

/** Who an object belongs to, for people. */
export function describeOwner(object: KubeObject): string {
  const owner = controllerOf(object);
  if (owner !== undefined) return `${owner.kind} ${owner.name} controls it`;
  const manager = object.metadata.labels?.['app.kubernetes.io/managed-by'];
  return manager === undefined ? 'somebody else made it' : `${manager} manages it`;
}
