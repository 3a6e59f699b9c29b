import type { KubeObject } from '../kube/kubeObject.ts';

/** What the objects of a fleet depend on beside the fleet. Nothing of routes: an edit of a route must never roll a pod. */
export interface RenderContext {
  /** The image of fleets that name none: a repository with a tag or a digest. */
  readonly image: string;
  /** Ranges of the cluster's own addresses, as the installation tells them. */
  readonly clusterCIDRs: readonly string[];
  /** Where the operator runs, which asks the gateways what they serve. */
  readonly operatorNamespace: string;
  /** The Deployment of the fleet as it is in the cluster; undefined where there is none. */
  readonly deployment: KubeObject | undefined;
}
