import type { EndpointSlice, ReferenceGrant, Secret, Service } from '@evergate/crds/kubernetes';
import { type Kind, type Objects, parseObject } from '@evergate/crds/parse';
import type { LiveObject } from './apply/applier.ts';
import { documentLabel } from './deliver/documentObject.ts';
import { serviceOfSlice } from './interest.ts';
import { KindCache } from './kindCache.ts';
import type { ApiClient } from './kube/apiClient.ts';
import { type Clock, wait } from './kube/clock.ts';
import { type KubeObject, objectKey } from './kube/kubeObject.ts';
import type { Reflector, ReflectorError } from './kube/reflector.ts';
import {
  backendPolicies,
  configMaps,
  endpointSlices,
  gatewayFleets,
  gatewayRoutes,
  pods,
  type Resource,
  referenceGrants,
  secrets,
  services,
} from './kube/resource.ts';
import type { StoreChange } from './kube/store.ts';
import { fleetLabel } from './render/labels.ts';
import { renderedResources } from './render/render.ts';
import { SecretCache } from './secretCache.ts';
import { trimPod } from './trimPod.ts';
import type { World } from './world.ts';

/** What has changed, in the words of the controller. Keys are `<namespace>/<name>`. */
export interface CacheListener {
  onRoute(change: StoreChange<KubeObject>): void;
  onFleet(change: StoreChange<KubeObject>): void;
  onPolicy(change: StoreChange<KubeObject>): void;
  /** Something about a Service has: the Service, or a slice of it. */
  onService(service: string): void;
  /** Of that namespace. */
  onReferenceGrant(namespace: string): void;
  /** One that fleets and routes may name. */
  onSecret(secret: string): void;
  /** All Secrets of that namespace are known for the first time. */
  onSecretsRead(namespace: string): void;
  onPod(fleet: string): void;
  /** Something of the fleet other than its documents is told to be otherwise than it was. */
  onOwned(fleet: string): void;
  /** A version of such a thing was seen: its status may be new. */
  onOwnedSeen(fleet: string): void;
  /** A document's object is there in that version, or gone where there is none. */
  onDocument(fleet: string, object: string, resourceVersion: string | undefined): void;
  /** A version of a route, fleet or policy was seen: its status may be new. */
  onStatusSeen(resource: Resource, key: string): void;
}

export interface CachesOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Of routes, policies, Services and slices; empty for all. */
  readonly watchNamespaces: readonly string[];
  readonly fleetNamespaces: readonly string[];
  /** Of Secrets that fleets and routes may name. */
  readonly secretNamespaces: readonly string[];
  readonly onError: (error: ReflectorError, resource: Resource) => void;
}

/** A namespace whose Secrets may not be read, against all plans, keeps no operator from working longer than this. */
const SECRETS_WAIT_MS = 10_000;

/** Everything the operator reads of the cluster, kept by list and watch. */
export class Caches implements World {
  /** Who hears of changes; nobody while this process does not lead. */
  listener: CacheListener | undefined;
  readonly #kinds: readonly KindCache[];
  readonly #routes: KindCache;
  readonly #fleets: KindCache;
  readonly #policies: KindCache;
  readonly #pods: KindCache;
  readonly #owned: readonly KindCache[];
  readonly #secrets: SecretCache;
  readonly #clock: Clock;
  readonly services: Map<string, Service> = new Map();
  readonly referenceGrants: Map<string, ReferenceGrant> = new Map();
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  /** With their managers: whether the number of replicas is ours depends on them. */
  readonly #managed = new Map<string, KubeObject>();

  constructor(options: CachesOptions) {
    const { watchNamespaces, fleetNamespaces } = options;
    this.#clock = options.clock;
    this.#secrets = new SecretCache({
      ...options,
      namespaces: options.secretNamespaces,
      onSecret: (secret) => this.listener?.onSecret(secret),
      onRead: (namespace) => this.listener?.onSecretsRead(namespace),
    });
    const watched = { ...options, namespaces: watchNamespaces };
    const ofFleets = { ...options, namespaces: fleetNamespaces, labelSelector: fleetLabel };
    this.#routes = this.#kindWithStatus(watched, gatewayRoutes, (change) => this.listener?.onRoute(change));
    this.#policies = this.#kindWithStatus(watched, backendPolicies, (change) => this.listener?.onPolicy(change));
    const fleets = { ...options, namespaces: fleetNamespaces };
    this.#fleets = this.#kindWithStatus(fleets, gatewayFleets, (change) => this.listener?.onFleet(change));
    this.#pods = this.#kind(ofFleets, pods, (change) => this.listener?.onPod(fleetOf(change)), { trim: trimPod });
    this.#owned = renderedResources.map((resource) => this.#ownedKind(ofFleets, resource));
    this.#kinds = [
      this.#routes,
      this.#policies,
      this.#fleets,
      this.#pods,
      ...this.#owned,
      this.#kind(watched, services, (change) => this.#serviceChanged(change), { ignoresStatus: true }),
      this.#kind(watched, endpointSlices, (change) => this.#sliceChanged(change)),
      this.#kind(watched, referenceGrants, (change) => this.#grantChanged(change)),
      ...[configMaps, secrets].map((resource) => this.#documentKind(ofFleets, resource)),
    ];
  }

  get routes(): ReadonlyMap<string, KubeObject> {
    return this.#routes.objects;
  }

  get fleets(): ReadonlyMap<string, KubeObject> {
    return this.#fleets.objects;
  }

  get policies(): ReadonlyMap<string, KubeObject> {
    return this.#policies.objects;
  }

  get secrets(): ReadonlyMap<string, Secret> {
    return this.#secrets.secrets;
  }

  get secretNamespaces(): readonly string[] {
    return this.#secrets.namespaces;
  }

  get unreadNamespaces(): readonly string[] {
    return this.#secrets.unread;
  }

  slicesOf(service: string): readonly EndpointSlice[] {
    return [...(this.#slices.get(service)?.values() ?? [])];
  }

  podsOf(fleet: string): readonly KubeObject[] {
    return [...this.#pods.objects.values()].filter((pod) => fleetOf({ new: pod }) === fleet);
  }

  ownedBy(fleet: string): readonly LiveObject[] {
    return this.#owned.flatMap(({ resource, objects }) =>
      [...objects].flatMap(([key, object]) => {
        if (fleetOf({ new: object }) !== fleet) return [];
        return [{ resource, object: this.#managed.get(`${resource.plural} ${key}`) ?? object }];
      }),
    );
  }

  /** An object of ours as it was last seen, status included. */
  latest(resource: Resource, key: string): KubeObject | undefined {
    return [this.#routes, this.#fleets, this.#policies].find((kind) => kind.resource === resource)?.latest(key);
  }

  get reflectors(): readonly Reflector[] {
    return [...this.#kinds, this.#secrets].flatMap(({ reflectors }) => reflectors);
  }

  /** Resolves when everything is known once, but for Secrets that could not be read within 10 s. */
  async start(): Promise<void> {
    for (const reflector of this.reflectors) reflector.start();
    await Promise.all(this.#needed.map(({ synced }) => synced));
    const waiting = new AbortController();
    const late = wait(this.#clock, SECRETS_WAIT_MS, waiting.signal).catch(() => {});
    await Promise.race([Promise.all(this.#secrets.reflectors.map(({ synced }) => synced)), late]);
    waiting.abort();
  }

  get isSynced(): boolean {
    return this.#needed.every(({ hasSynced }) => hasSynced);
  }

  /** What nothing can be said without. */
  get #needed(): readonly Reflector[] {
    return this.#kinds.flatMap(({ reflectors }) => reflectors);
  }

  async stop(): Promise<void> {
    this.listener = undefined;
    await Promise.all(this.reflectors.map((reflector) => reflector.stop()));
  }

  #kindWithStatus(
    options: CachesOptions & { readonly namespaces: readonly string[] },
    resource: Resource,
    onChange: (change: StoreChange<KubeObject>) => void,
  ): KindCache {
    const onSeen = ({ metadata }: KubeObject): void => this.listener?.onStatusSeen(resource, objectKey(metadata));
    return new KindCache({ ...options, resource, onChange, ignoresStatus: true, onSeen });
  }

  #kind(
    options: CachesOptions & { readonly namespaces: readonly string[]; readonly labelSelector?: string },
    resource: Resource,
    onChange: (change: StoreChange<KubeObject>) => void,
    more: { readonly trim?: (object: KubeObject) => KubeObject; readonly ignoresStatus?: boolean } = {},
  ): KindCache {
    return new KindCache({ ...options, resource, onChange, ...more });
  }

  #ownedKind(
    options: CachesOptions & { readonly namespaces: readonly string[]; readonly labelSelector: string },
    resource: Resource,
  ): KindCache {
    const keyOf = (key: string): string => `${resource.plural} ${key}`;
    return new KindCache({
      ...options,
      resource,
      ignoresStatus: true,
      onSeen: (object) => {
        this.#managed.set(keyOf(objectKey(object.metadata)), object);
        this.listener?.onOwnedSeen(fleetOf({ new: object }));
      },
      onChange: (change) => {
        if (change.new === undefined) this.#managed.delete(keyOf(change.key));
        this.listener?.onOwned(fleetOf(change));
      },
    });
  }

  /** What they hold is never kept: the publisher reads it when it must. */
  #documentKind(
    options: CachesOptions & { readonly namespaces: readonly string[]; readonly labelSelector: string },
    resource: Resource,
  ): KindCache {
    const labelSelector = `${options.labelSelector},${documentLabel}`;
    const onChange = (change: StoreChange<KubeObject>): void => {
      const { metadata } = (change.new ?? change.old) as KubeObject;
      this.listener?.onDocument(fleetOf(change), metadata.name, change.new?.metadata.resourceVersion);
    };
    const trim = ({ metadata }: KubeObject): KubeObject => ({ metadata, version: metadata.resourceVersion });
    return new KindCache({ ...options, labelSelector, resource, onChange, trim });
  }

  #serviceChanged({ key, new: now }: StoreChange<KubeObject>): void {
    keep(this.services, key, 'Service', now);
    this.listener?.onService(key);
  }

  #grantChanged({ key, old, new: now }: StoreChange<KubeObject>): void {
    keep(this.referenceGrants, key, 'ReferenceGrant', now);
    this.listener?.onReferenceGrant((now ?? old)?.metadata.namespace ?? '');
  }

  #sliceChanged({ key, old, new: now }: StoreChange<KubeObject>): void {
    const [before, after] = [old, now].map((slice) => (slice === undefined ? undefined : serviceOfSlice(slice)));
    if (before !== undefined) this.#dropSlice(before, key);
    if (after !== undefined) {
      const slices = this.#slices.get(after) ?? new Map<string, EndpointSlice>();
      keep(slices, key, 'EndpointSlice', now);
      if (slices.size > 0) this.#slices.set(after, slices);
      this.listener?.onService(after);
    }
    if (before !== undefined && before !== after) this.listener?.onService(before);
  }

  #dropSlice(service: string, key: string): void {
    const slices = this.#slices.get(service);
    slices?.delete(key);
    if (slices?.size === 0) this.#slices.delete(service);
  }
}

/** Of an object's label: the fleet in the same namespace. */
function fleetOf({
  old,
  new: now,
}: {
  readonly old?: KubeObject | undefined;
  readonly new: KubeObject | undefined;
}): string {
  const metadata = (now ?? old)?.metadata;
  return `${metadata?.namespace ?? ''}/${metadata?.labels?.[fleetLabel] ?? ''}`;
}

/** What cannot be read counts as absent: the API server has validated it, so it is of a version we do not know. */
function keep<K extends Kind>(
  objects: Map<string, Objects[K]>,
  key: string,
  kind: K,
  object: KubeObject | undefined,
): void {
  const parsed = object === undefined ? undefined : parseObject(kind, object);
  if (parsed?.ok === true) objects.set(key, parsed.value);
  else objects.delete(key);
}
