import type { Secret } from '@evergate/crds/kubernetes';
import { parseObject } from '@evergate/crds/parse';
import { documentLabel } from './deliver/documentObject.ts';
import { KindCache, type KindCacheOptions } from './kindCache.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import type { Reflector } from './kube/reflector.ts';
import { secrets } from './kube/resource.ts';
import type { StoreChange } from './kube/store.ts';

/** Nothing of these is ever used, and there may be thousands: the API server leaves them out. A Secret never changes its type. */
const UNUSED_TYPES = [
  'bootstrap.kubernetes.io/token',
  'helm.sh/release.v1',
  'kubernetes.io/dockercfg',
  'kubernetes.io/dockerconfigjson',
  'kubernetes.io/service-account-token',
];

export interface SecretCacheOptions extends Pick<KindCacheOptions, 'client' | 'clock' | 'onError'> {
  /** Where Secrets may be read; nobody asks for those of other namespaces. */
  readonly namespaces: readonly string[];
  /** A Secret is there, otherwise or gone: `<namespace>/<name>`. */
  readonly onSecret: (secret: string) => void;
  /** All of a namespace are known for the first time. */
  readonly onRead: (namespace: string) => void;
}

/**
 * The Secrets that fleets and routes may name, kept by a list and a watch for each namespace. Of each it keeps what can be used, and no
 * annotation: there a copy of what was applied may stand. A namespace that cannot be read keeps nobody waiting for long: see `unread`.
 */
export class SecretCache {
  readonly namespaces: readonly string[];
  readonly #kind: KindCache | undefined;
  readonly #secrets = new Map<string, Secret>();

  constructor(options: SecretCacheOptions) {
    this.namespaces = [...new Set(options.namespaces)];
    if (this.namespaces.length === 0) return;
    this.#kind = new KindCache({
      ...options,
      namespaces: this.namespaces,
      resource: secrets,
      labelSelector: `!${documentLabel}`,
      fieldSelector: UNUSED_TYPES.map((type) => `type!=${type}`).join(','),
      trim: trimSecret,
      onChange: (change) => this.#changed(change, options.onSecret),
    });
    for (const [at, namespace] of this.namespaces.entries()) {
      void this.reflectors[at]?.synced.then(() => options.onRead(namespace));
    }
  }

  get secrets(): ReadonlyMap<string, Secret> {
    return this.#secrets;
  }

  get reflectors(): readonly Reflector[] {
    return this.#kind?.reflectors ?? [];
  }

  /** Namespaces of which nothing complete is known yet: the API server does not answer, or the operator lacks the right there. */
  get unread(): readonly string[] {
    return this.namespaces.filter((_, at) => this.reflectors[at]?.hasSynced !== true);
  }

  #changed({ key, new: now }: StoreChange<KubeObject>, onSecret: (secret: string) => void): void {
    const parsed = now === undefined ? undefined : parseObject('Secret', now);
    if (parsed?.ok === true) this.#secrets.set(key, parsed.value);
    else this.#secrets.delete(key);
    onSecret(key);
  }
}

function trimSecret({ apiVersion, kind, metadata, ...fields }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  const kept = { name, namespace, uid, resourceVersion } as KubeObject['metadata'];
  const read = { metadata: kept, type: fields['type'], data: fields['data'] };
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }), ...read };
}
