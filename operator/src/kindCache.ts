import type { ApiClient } from './kube/apiClient.ts';
import type { Clock } from './kube/clock.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import type { ReflectorListener } from './kube/listener.ts';
import { Reflector, type ReflectorError } from './kube/reflector.ts';
import type { Resource } from './kube/resource.ts';
import { Store, type StoreChange } from './kube/store.ts';

export interface KindCacheOptions {
  readonly client: Pick<ApiClient, 'list' | 'listAll' | 'watch'>;
  readonly clock: Clock;
  readonly resource: Resource;
  /** Empty for all. */
  readonly namespaces: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Whether a change of the status alone is no change. */
  readonly ignoresStatus?: boolean;
  /** Drops what nobody reads of an object before it is kept. */
  readonly trim?: (object: KubeObject) => KubeObject;
  readonly onChange: (change: StoreChange<KubeObject>) => void;
  /** Hears of each version of an object, whatever is new in it, once the cache has it. */
  readonly onSeen?: (object: KubeObject) => void;
  readonly onError: (error: ReflectorError, resource: Resource) => void;
}

/** The objects of one kind, in all namespaces or some, kept in step with the API server by list and watch. */
export class KindCache {
  readonly resource: Resource;
  /** One a namespace, in their order. */
  readonly reflectors: readonly Reflector[];
  readonly #stores: readonly Store[];
  readonly #objects = new Map<string, KubeObject>();

  constructor(options: KindCacheOptions) {
    const { resource, namespaces, onChange } = options;
    this.resource = resource;
    const places = namespaces.length === 0 ? [undefined] : namespaces;
    const notice = (change: StoreChange<KubeObject>): void => {
      if (change.new === undefined) this.#objects.delete(change.key);
      else this.#objects.set(change.key, change.new);
      onChange(change);
    };
    const members = places.map((namespace) => watchPlace(options, namespace, notice));
    this.#stores = members.map(({ store }) => store);
    this.reflectors = members.map(({ reflector }) => reflector);
  }

  /** By `<namespace>/<name>`. An object stays the same one while nothing that counts has changed in it. */
  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }

  /** The object as it was last seen, in every respect. */
  latest(key: string): KubeObject | undefined {
    for (const store of this.#stores) {
      const object = store.get(key);
      if (object !== undefined) return object;
    }
    return undefined;
  }
}

function watchPlace(
  { client, clock, resource, labelSelector, fieldSelector, ignoresStatus, trim, onSeen, onError }: KindCacheOptions,
  namespace: string | undefined,
  onChange: (change: StoreChange<KubeObject>) => void,
): { readonly store: Store; readonly reflector: Reflector } {
  const store = new Store({
    onChange,
    ...(ignoresStatus === true ? { ignore: ['status'] } : {}),
    ...(trim === undefined ? {} : { trim }),
  });
  const listener = onSeen === undefined ? store : heard(store, onSeen);
  const reflector = new Reflector({
    client,
    clock,
    resource,
    namespace,
    labelSelector,
    fieldSelector,
    listener,
    onError: (error) => onError(error, resource),
  });
  return { store, reflector };
}

function heard(store: Store, onSeen: (object: KubeObject) => void): ReflectorListener {
  return {
    onReplace(objects) {
      store.onReplace(objects);
      for (const object of objects) onSeen(object);
    },
    onApply(object) {
      store.onApply(object);
      onSeen(object);
    },
    onDelete(object) {
      store.onDelete(object);
    },
  };
}
