import type { Acknowledgement } from './deliver/acknowledgement.ts';
import type { EvictionEvent } from './deliver/evictor.ts';
import type { PublishEvent } from './deliver/publisher.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import type { Resource } from './kube/resource.ts';
import type { Delivered } from './reconcile.ts';
import type { GatewayCount } from './status/fleetStatus.ts';

/** What happened, for logs, metrics and Events. Nothing secret. */
export type ControllerEvent =
  | {
      readonly type: 'reconciled';
      readonly fleet: string;
      readonly tookMs: number;
      readonly outcome: Delivered['outcome'];
    }
  | { readonly type: 'failed'; readonly fleet: string; readonly error: unknown; readonly retryMs: number }
  /** The fleet is gone. */
  | { readonly type: 'forgotten'; readonly fleet: string }
  | { readonly type: 'published'; readonly fleet: string; readonly event: PublishEvent }
  | { readonly type: 'acknowledged'; readonly fleet: string; readonly acknowledgement: Acknowledgement }
  /** The gateways of a fleet were counted. */
  | { readonly type: 'counted'; readonly fleet: string; readonly gateways: GatewayCount }
  /** A gateway that is stuck on an older table was to be replaced. */
  | { readonly type: 'eviction'; readonly fleet: KubeObject; readonly eviction: EvictionEvent }
  /** The kubelet of a pod could not be told of new documents; it is told again in a moment. */
  | { readonly type: 'untold'; readonly fleet: string; readonly pod: string; readonly error: unknown }
  /** Every gateway of the fleet serves a generation of a route, `ms` after the operator heard of it. */
  | { readonly type: 'propagated'; readonly fleet: string; readonly route: string; readonly ms: number }
  | {
      readonly type: 'statusWritten';
      readonly resource: Resource;
      readonly now: KubeObject;
      readonly before: KubeObject;
    }
  | { readonly type: 'statusFailed'; readonly resource: Resource; readonly key: string; readonly error: unknown };
