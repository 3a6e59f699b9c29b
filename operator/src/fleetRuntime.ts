import type { DocumentKind } from '@evergate/contract/names';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { apiVersion } from '@evergate/crds/objectMeta';
import { Applier } from './apply/applier.ts';
import type { Acknowledgement } from './deliver/acknowledgement.ts';
import { Acknowledger } from './deliver/acknowledger.ts';
import { documentLabel, documentResource } from './deliver/documentObject.ts';
import { documentVersion } from './deliver/documentVersion.ts';
import { type EvictionEvent, Evictor } from './deliver/evictor.ts';
import { type FleetPod, readFleetPods } from './deliver/fleetPods.ts';
import { MountRefresher } from './deliver/mountRefresher.ts';
import type { PodClient } from './deliver/podClient.ts';
import type { PublishedTable } from './deliver/publishedTable.ts';
import { type PublishEvent, Publisher } from './deliver/publisher.ts';
import { WriteBudget } from './deliver/writeBudget.ts';
import type { ApiClient } from './kube/apiClient.ts';
import type { Clock } from './kube/clock.ts';
import type { KubeObject, ObjectMeta } from './kube/kubeObject.ts';
import { fleetObject } from './render/fleetObject.ts';
import { fleetLabel } from './render/labels.ts';
import { Ledger } from './status/ledger.ts';
import type { FleetDelivery } from './status/programmed.ts';
import { milliseconds } from './translate/settings.ts';
import type { Finding, FleetVerdict } from './translate/verdict.ts';

/** Before the first valid specification says how long news of a pod's end takes. */
const DEFAULT_PROPAGATION_DELAY_MS = 10_000;

export interface FleetRuntimeOptions {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its writes are fenced. */
  readonly client: ApiClient;
  readonly podClient: Pick<PodClient, 'ask'>;
  readonly clock: Clock;
  /** The pods of the fleet, as they are now. */
  readonly pods: () => readonly KubeObject[];
  readonly onAcknowledged: (now: Acknowledgement, before: Acknowledgement) => void;
  readonly onPublish: (event: PublishEvent) => void;
  readonly onEviction: (event: EvictionEvent) => void;
  /** A kubelet could not be told of new documents. */
  readonly onUntold: (pod: string, error: unknown) => void;
}

/** What the operator remembers of one fleet while it leads: what it wrote, what the pods said, and what it found wrong. */
export class FleetRuntime {
  readonly key: string;
  readonly uid: string;
  readonly publisher: Publisher;
  readonly applier: Applier;
  readonly acknowledger: Acknowledger;
  readonly mounts: MountRefresher;
  readonly ledger: Ledger = new Ledger();
  readonly #evictor: Evictor;
  readonly #options: FleetRuntimeOptions;

  /** The fleet as it last was valid. */
  lastGood: GatewayFleet | undefined;
  verdict: FleetVerdict | undefined;
  published: PublishedTable | undefined;
  /** Nothing about it was heard of since its last whole turn began, and nothing of that turn has to be tried again. */
  isUpToDate = false;
  /** Why the newest table is not written. */
  heldBack: Finding | undefined;
  /** What could not be applied. */
  complaints: readonly Finding[] = [];
  /** The fleet and its objects as they were when all was last applied without complaint; empty before. */
  appliedTo: readonly object[] = [];
  /** `<namespace>/<name>` of the Services that it and its routes name. */
  services: ReadonlySet<string> = new Set();
  /** Likewise of the Secrets that it and its routes name. */
  secrets: ReadonlySet<string> = new Set();
  /** The fleet's own, in base64: what API keys are hashed with. */
  fleetKey: string | undefined;

  constructor(options: FleetRuntimeOptions) {
    const { namespace, name, uid, client, clock, podClient } = options;
    this.#options = options;
    this.key = `${namespace}/${name}`;
    this.uid = uid;
    this.publisher = new Publisher({
      client,
      fleet: { namespace, name, uid },
      labelSelector: `${fleetLabel}=${name},${documentLabel}`,
      metadataOf: (object, kind) => this.#documentMetadata(object, kind),
      version: (present) => documentVersion(this.acknowledger.acknowledgement.pods, present),
      budget: new WriteBudget({ now: () => clock.nowMs() }),
      report: options.onPublish,
    });
    this.applier = new Applier({ client, ownerUID: uid });
    this.mounts = new MountRefresher({ client, namespace, onError: options.onUntold });
    this.#evictor = new Evictor({ client, namespace, clock, onEviction: options.onEviction });
    this.acknowledger = new Acknowledger({
      fleetUID: uid,
      ask: podClient.ask,
      pods: () => this.pods,
      wanted: () => this.published && { ...this.published, secrets: this.published.secretsAt },
      onChange: options.onAcknowledged,
      onLook: (acknowledgement) => this.#looked(acknowledgement),
      clock,
    });
  }

  get pods(): readonly FleetPod[] {
    const delay = this.lastGood?.spec.shutdown.propagationDelay;
    const delayMs = delay === undefined ? DEFAULT_PROPAGATION_DELAY_MS : milliseconds(delay);
    return readFleetPods(this.#options.pods(), delayMs, this.#options.clock.wallMs());
  }

  get delivery(): FleetDelivery {
    return {
      fleet: this.key,
      fleetUID: this.uid,
      acknowledgement: this.acknowledger.acknowledgement,
      heldBack: this.heldBack,
    };
  }

  close(): void {
    this.acknowledger.close();
    this.#evictor.close();
  }

  #looked(acknowledgement: Acknowledgement): void {
    if (this.published === undefined) return;
    void this.#evictor.looked({ acknowledgement, wanted: this.published, fleetUID: this.uid });
  }

  #documentMetadata(objectName: string, kind: DocumentKind): ObjectMeta {
    const { namespace, name, uid } = this.#options;
    const fleet = { apiVersion, kind: 'GatewayFleet', metadata: { namespace, name, uid } } as const;
    const { metadata } = fleetObject(fleet, documentResource(kind), { fields: {} });
    return { ...metadata, name: objectName, labels: { ...metadata.labels, [documentLabel]: kind } };
  }
}
