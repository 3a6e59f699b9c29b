import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../kube/apiClient.ts';
import { ApiError, isConflict, isNotFound, isTooManyRequests } from '../kube/apiError.ts';
import { type KubeObject, objectKey } from '../kube/kubeObject.ts';
import type { Resource } from '../kube/resource.ts';
import type { RenderedObject } from '../render/render.ts';
import type { Finding } from '../translate/verdict.ts';
import { fingerprint } from './fingerprint.ts';
import { describeOwner, isControlledBy } from './ownership.ts';

/** An object as it is, in the operator's cache. */
export interface LiveObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

export interface ApplierOptions {
  /** Its writes are fenced. */
  readonly client: Pick<ApiClient, 'get' | 'apply' | 'delete'>;
  /** Controls everything that is applied. */
  readonly ownerUID: string;
}

interface Applied {
  readonly wanted: KubeObject;
  readonly fingerprint: string;
}

/**
 * Brings the objects of one fleet to what they should be, by server-side apply, and takes away those that should no longer be. An
 * object that is as it was applied costs nothing; one that somebody changed is put back; one that another owner made is left alone and
 * complained about. Remembers one fingerprint an object.
 */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #applied = new Map<string, Applied>();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Returns what stands in the way; one object's trouble is not another's. Rejects where the API server cannot be reached. */
  async apply(
    wanted: readonly RenderedObject[],
    live: readonly LiveObject[],
    signal?: AbortSignal,
  ): Promise<readonly Finding[]> {
    const present = new Map(live.map((one) => [keyOf(one), one.object]));
    const complaints: Finding[] = [];
    for (const one of wanted) complaints.push(...(await this.#applyOne(one, present.get(keyOf(one)), signal)));
    const remembered = new Set(wanted.map(memoryKeyOf));
    for (const key of this.#applied.keys()) if (!remembered.has(key)) this.#applied.delete(key);
    const kept = new Set(wanted.map(keyOf));
    for (const one of live) if (!kept.has(keyOf(one))) await this.#remove(one, signal);
    return complaints;
  }

  async #applyOne(
    one: RenderedObject,
    cached: KubeObject | undefined,
    signal?: AbortSignal,
  ): Promise<readonly Finding[]> {
    const key = memoryKeyOf(one);
    const applied = this.#applied.get(key);
    if (cached !== undefined && applied !== undefined && isDeepStrictEqual(applied.wanted, one.object)) {
      if (fingerprint(cached) === applied.fingerprint) return [];
    }
    const { resource, object, fieldManager } = one;
    const { client, ownerUID } = this.#options;
    const found = await this.#find(one, signal);
    if (found !== undefined && !isControlledBy(found, ownerUID)) return [notOurs(one, found)];
    try {
      const result = await client.apply(resource, object, { fieldManager, force: true }, signal);
      this.#applied.set(key, { wanted: object, fingerprint: fingerprint(result) });
      return [];
    } catch (error) {
      // Somebody wrote in between: the watch tells of it, and brings us here again.
      if (isConflict(error)) return [];
      if (isRefusal(error)) return [refused(one, error)];
      throw error;
    }
  }

  /** Asked for, not taken from the cache: an object without our label would not be there. */
  async #find({ resource, object }: RenderedObject, signal?: AbortSignal): Promise<KubeObject | undefined> {
    try {
      return await this.#options.client.get(resource, object.metadata, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #remove(one: LiveObject, signal?: AbortSignal): Promise<void> {
    const { client, ownerUID } = this.#options;
    const { resource, object } = one;
    if (!isControlledBy(object, ownerUID) || object.metadata.deletionTimestamp !== undefined) return;
    try {
      await client.delete(resource, object.metadata, { uid: object.metadata.uid }, signal);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

/** The same for two versions of an object. */
export function keyOf({ resource, object }: LiveObject): string {
  return `${resource.plural} ${objectKey(object.metadata)}`;
}

/** What another manager of ours was given once is no longer remembered when it is not wanted: it may have lost it since. */
function memoryKeyOf(one: RenderedObject): string {
  return `${one.fieldManager} ${keyOf(one)}`;
}

/** The API server understood, and will say the same again: the object is at fault, or our rights are. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !isTooManyRequests(error);
}

function notOurs({ resource, object }: RenderedObject, found: KubeObject): Finding {
  const what = `${resource.kind} ${objectKey(object.metadata)}`;
  const message = `${what} exists and is not this fleet's: ${describeOwner(found)}; delete it, or give the fleet another name`;
  return { reason: 'ObjectNotOurs', message };
}

function refused({ resource, object }: RenderedObject, error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error);
  const message = `${resource.kind} ${objectKey(object.metadata)} could not be applied: ${why}`;
  return { reason: 'ApplyFailed', message: message.slice(0, 1_000) };
}
