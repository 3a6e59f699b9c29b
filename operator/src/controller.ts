import type { CacheListener, Caches } from './caches.ts';
import type { ControllerEvent } from './controllerEvent.ts';
import type { Acknowledgement } from './deliver/acknowledgement.ts';
import type { PodClient } from './deliver/podClient.ts';
import { unreadable } from './deliver/unreadable.ts';
import { FleetRuntime } from './fleetRuntime.ts';
import {
  fleetsOfGrant,
  fleetsOfPolicy,
  fleetsOfRoute,
  fleetsOfSecret,
  fleetsOfSecrets,
  fleetsOfService,
  leavesFleet,
  movesDefault,
} from './fleets.ts';
import type { ApiClient } from './kube/apiClient.ts';
import { isConflict } from './kube/apiError.ts';
import type { Clock } from './kube/clock.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { WorkQueue } from './kube/queue.ts';
import type { Resource } from './kube/resource.ts';
import type { StoreChange } from './kube/store.ts';
import { applyObjects, deliver, type ReconcileContext, refreshMounts, writesAhead } from './reconcile.ts';
import { Statuses } from './statuses.ts';
import { SETTLING_MS } from './unsettled.ts';

/** Bursts become one turn: the first change at once, the next when it was quiet, or after a fifth of a second. */
const DEBOUNCE = { quietMs: 10, maxMs: 200 };
/**
 * Four changes a second are carried out one by one. Where there are more, each turn is for all that came in a quarter of a second: the
 * processor time that turns take from a cluster, and from gateways, does not grow with the number of changes.
 */
const PACE = { burst: 4, everyMs: 250 };
/** What could not be applied is tried again; nothing may tell when it would go well. */
const RETRY_COMPLAINTS_MS = 30_000;
/** When no change came for as long, the parts that the index carries go into their slots: that costs everybody processor time. */
const SETTLE_PARTS_MS = 400;
/** Kubelets that could not be told of new documents are told then. */
const RETRY_MOUNTS_MS = 1_000;
/** Whatever went unseen is found by then. */
const RESYNC_MS = 300_000;
const FLEETS_AT_ONCE = 4;

export interface ControllerOptions {
  /** Its writes are fenced. */
  readonly client: ApiClient;
  readonly podClient: Pick<PodClient, 'ask'>;
  readonly clock: Clock;
  readonly controllerName: string;
  readonly fleetNamespaces: readonly string[];
  readonly gatewayImage: string;
  readonly clusterCIDRs: readonly string[];
  readonly operatorNamespace: string;
  readonly report: (event: ControllerEvent) => void;
}

/** One term of leadership: from the caches, which outlive it, to fleets and statuses. Everything it remembers ends with it. */
export class Controller implements CacheListener {
  readonly #options: ControllerOptions;
  readonly #caches: Caches;
  readonly #runtimes = new Map<string, FleetRuntime>();
  readonly #queue: WorkQueue<string>;
  readonly #statuses: Statuses;
  /** When the newest generation of a route was heard of. */
  readonly #heardAt = new Map<string, number>();

  constructor(caches: Caches, options: ControllerOptions) {
    const { client, clock, controllerName, fleetNamespaces, report } = options;
    this.#options = options;
    this.#caches = caches;
    this.#queue = new WorkQueue({
      clock,
      debounce: DEBOUNCE,
      pace: PACE,
      backoff: { baseMs: 100, maxMs: 15_000 },
      onError: (fleet, error, retryMs) => this.#failed(fleet, error, retryMs),
    });
    this.#statuses = new Statuses({
      client,
      caches,
      clock,
      controllerName,
      fleetNamespaces,
      runtimes: this.#runtimes,
      onCounted: (fleet, gateways) => report({ type: 'counted', fleet, gateways }),
      onWritten: (resource, now, before) => report({ type: 'statusWritten', resource, now, before }),
      onError: (resource, key, error) => report({ type: 'statusFailed', resource, key, error }),
    });
  }

  /** Fleets and statuses that wait for a turn, and for how long the first fleet has. */
  get load(): { readonly fleets: number; readonly fleetsAgeMs: number; readonly statuses: number } {
    return { fleets: this.#queue.depth, fleetsAgeMs: this.#queue.ageMs, statuses: this.#statuses.depth };
  }

  /** Works until the signal comes. The caches must be complete. */
  async run(signal: AbortSignal): Promise<void> {
    this.#changed(this.#caches.fleets.keys());
    this.#statuses.routesChanged(this.#caches.routes.keys());
    try {
      await Promise.all([
        this.#queue.run((fleet, turn) => this.#turn(fleet, turn), FLEETS_AT_ONCE, signal),
        this.#statuses.run(signal),
      ]);
    } finally {
      for (const runtime of this.#runtimes.values()) runtime.close();
      this.#runtimes.clear();
    }
  }

  onRoute({ key, old, new: now }: StoreChange<KubeObject>): void {
    if (now === undefined) this.#heardAt.delete(key);
    else if (now.metadata.generation !== old?.metadata.generation) {
      this.#heardAt.set(key, this.#options.clock.wallMs());
    }
    this.#changed(fleetsOfRoute(this.#caches, [old, now]), { isUrgent: leavesFleet(old, now) });
    this.#statuses.routesChanged([key]);
  }

  onFleet({ key, old, new: now }: StoreChange<KubeObject>): void {
    this.#changed([key], { isUrgent: true });
    if (old !== undefined && now !== undefined && !movesDefault(old, now)) return;
    this.#changed(this.#caches.fleets.keys());
    this.#statuses.routesChanged(this.#caches.routes.keys());
  }

  onPolicy({ old, new: now }: StoreChange<KubeObject>): void {
    this.#changed(fleetsOfPolicy([...this.#runtimes.values()], [old, now]));
  }

  onService(service: string): void {
    this.#changed(fleetsOfService(this.#caches, [...this.#runtimes.values()], service));
  }

  onReferenceGrant(namespace: string): void {
    this.#changed(fleetsOfGrant([...this.#runtimes.values()], namespace), { isUrgent: true });
  }

  onSecret(secret: string): void {
    this.#changed(fleetsOfSecret([...this.#runtimes.values()], secret), { isUrgent: true });
  }

  onSecretsRead(namespace: string): void {
    this.#changed(fleetsOfSecrets([...this.#runtimes.values()], namespace), { isUrgent: true });
  }

  onPod(fleet: string): void {
    const runtime = this.#runtimes.get(fleet);
    if (runtime === undefined) return;
    runtime.acknowledger.expect();
    this.#changed([fleet]);
    this.#statuses.fleetChanged(fleet);
  }

  onOwned(fleet: string): void {
    if (this.#runtimes.has(fleet)) this.#changed([fleet]);
  }

  onOwnedSeen(fleet: string): void {
    if (this.#runtimes.has(fleet)) this.#statuses.fleetChanged(fleet);
  }

  onDocument(fleet: string, object: string, resourceVersion: string | undefined): void {
    const runtime = this.#runtimes.get(fleet);
    if (runtime?.publisher.notice(object, resourceVersion) === true) this.#changed([fleet]);
  }

  onStatusSeen(resource: Resource, key: string): void {
    this.#statuses.seen(resource, key);
  }

  /** Something about these fleets is otherwise than it was: their next turns look at all of it. What may withdraw something is urgent. */
  #changed(fleets: Iterable<string>, options: { readonly isUrgent?: boolean } = {}): void {
    for (const fleet of fleets) {
      const runtime = this.#runtimes.get(fleet);
      if (runtime !== undefined) runtime.isUpToDate = false;
      this.#queue.add(fleet, options);
    }
  }

  async #turn(key: string, signal: AbortSignal): Promise<void> {
    const fleet = this.#caches.fleets.get(key);
    if (fleet === undefined || fleet.metadata.deletionTimestamp !== undefined) return this.#forget(key);
    const runtime = this.#runtimeOf(key, fleet);
    if (runtime.isUpToDate && runtime.publisher.isUnsettled) await this.#settle(runtime, signal);
    else await this.#reconcile(runtime, fleet, signal);
    this.#queue.addAfter(key, RESYNC_MS);
  }

  /** Of what somebody else wrote meanwhile the publisher tells only here. */
  async #settle({ key, publisher }: FleetRuntime, signal: AbortSignal): Promise<void> {
    await publisher.settle(signal);
    if (publisher.mustReload) this.#changed([key]);
  }

  async #reconcile(runtime: FleetRuntime, fleet: KubeObject, signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#options;
    const { key, publisher } = runtime;
    const startedMs = clock.nowMs();
    const context = this.#context();
    runtime.isUpToDate = true;
    const { routes, policies, outcome, unsettled } = await deliver(runtime, fleet, context, signal);
    this.#statuses.routesChanged(routes);
    this.#statuses.policiesJudged(policies);
    this.#statuses.fleetChanged(key);
    const areMountsTold = await refreshMounts(runtime, signal);
    runtime.complaints = await applyObjects(runtime, context, signal);
    report({ type: 'reconciled', fleet: key, tookMs: clock.nowMs() - startedMs, outcome });
    if (outcome.outcome !== 'Published') await publisher.settle(signal);
    this.#statuses.fleetChanged(key);
    if (publisher.isUnsettled) this.#queue.addAfter(key, SETTLE_PARTS_MS);
    if (!areMountsTold) this.#lookAgain(runtime, RETRY_MOUNTS_MS);
    if (unsettled) this.#lookAgain(runtime, SETTLING_MS);
    if (runtime.complaints.length > 0) this.#lookAgain(runtime, RETRY_COMPLAINTS_MS);
    if (outcome.outcome !== 'HeldBack') {
      if (publisher.mustReload) this.#changed([key]);
    } else if (outcome.retryMs !== undefined) this.#lookAgain(runtime, outcome.retryMs);
  }

  /** What did not succeed is tried again. */
  #lookAgain(runtime: FleetRuntime, delayMs: number): void {
    runtime.isUpToDate = false;
    this.#queue.addAfter(runtime.key, delayMs);
  }

  /** Once could be chance; what comes again is said in the fleet's status too. */
  #failed(key: string, error: unknown, retryMs: number): void {
    this.#options.report({ type: 'failed', fleet: key, error, retryMs });
    const runtime = this.#runtimes.get(key);
    if (runtime !== undefined) runtime.isUpToDate = false;
    if (runtime === undefined || this.#queue.failures(key) < 3 || isConflict(error)) return;
    const message = `The fleet could not be reconciled, which is tried again: ${messageOf(error)}`.slice(0, 1_000);
    runtime.complaints = [{ reason: 'ApplyFailed', message }];
    this.#statuses.fleetChanged(key);
  }

  #context(): ReconcileContext {
    const { gatewayImage, clusterCIDRs, operatorNamespace, clock } = this.#options;
    const heardAt = (route: string): number | undefined => this.#heardAt.get(route);
    const installation = { gatewayImage, clusterCIDRs, operatorNamespace };
    return { world: this.#caches, ...installation, heardAt, wallMs: () => clock.wallMs() };
  }

  /** A fleet that was deleted and made again is another one: nothing of its namesake holds. */
  #runtimeOf(key: string, fleet: KubeObject): FleetRuntime {
    const { name, namespace = '', uid = '' } = fleet.metadata;
    const known = this.#runtimes.get(key);
    if (known?.uid === uid) return known;
    known?.close();
    const { client, podClient, clock, report } = this.#options;
    const runtime: FleetRuntime = new FleetRuntime({
      namespace,
      name,
      uid,
      client,
      podClient,
      clock,
      pods: () => this.#caches.podsOf(key),
      onAcknowledged: (now, before) => this.#acknowledged(runtime, now, before),
      onPublish: (event) => report({ type: 'published', fleet: key, event }),
      onEviction: (eviction) => report({ type: 'eviction', fleet: this.#caches.fleets.get(key) ?? fleet, eviction }),
      onUntold: (pod, error) => report({ type: 'untold', fleet: key, pod, error }),
    });
    this.#runtimes.set(key, runtime);
    return runtime;
  }

  #acknowledged(runtime: FleetRuntime, now: Acknowledgement, before: Acknowledgement): void {
    this.#options.report({ type: 'acknowledged', fleet: runtime.key, acknowledgement: now });
    for (const route of this.#statuses.acknowledged(runtime, now, before)) this.#arrived(runtime.key, route);
    const mayWrite = [now, before].map(({ pods }) => unreadable(pods) === undefined);
    const { isOfAnotherVersion } = runtime.publisher;
    if (writesAhead(runtime).length > 0 || mayWrite[0] !== mayWrite[1] || isOfAnotherVersion) {
      this.#changed([runtime.key]);
    }
  }

  #arrived(fleet: string, route: string): void {
    const heardAt = this.#heardAt.get(route);
    if (heardAt === undefined) return;
    this.#heardAt.delete(route);
    this.#options.report({ type: 'propagated', fleet, route, ms: this.#options.clock.wallMs() - heardAt });
  }

  /** What the fleet had goes with it, by owner references; its routes look for another. */
  #forget(key: string): void {
    const runtime = this.#runtimes.get(key);
    this.#runtimes.delete(key);
    if (runtime === undefined) return;
    runtime.close();
    this.#options.report({ type: 'forgotten', fleet: key });
    this.#statuses.routesChanged(runtime.ledger.records.keys());
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
