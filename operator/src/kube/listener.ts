import type { KubeObject } from './kubeObject.ts';

/** What hears of the objects of one kind, in the order of the API server. It may throw; that is reported and goes no further. */
export interface ReflectorListener {
  /** These are all there are. Also told when the list had to be read again. */
  onReplace(objects: readonly KubeObject[]): void;
  /** The object is new, or is like this now. */
  onApply(object: KubeObject): void;
  /** The object is gone; this was its last state. */
  onDelete(object: KubeObject): void;
}
