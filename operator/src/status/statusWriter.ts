import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../kube/apiClient.ts';
import { isConflict, isNotFound } from '../kube/apiError.ts';
import type { Clock } from '../kube/clock.ts';
import type { KubeObject, ObjectRef } from '../kube/kubeObject.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Resource } from '../kube/resource.ts';

/**
 * A wait for the gateways' word is usually over sooner, and a fleet's counts change with every edit: one write then says what would have
 * been several.
 */
const PENDING_MS = 1_000;
const CONCURRENCY = 8;
const MAX_WAITING = 200_000;

export interface StatusWriterOptions {
  readonly resource: Resource;
  /** Its writes are fenced. */
  readonly client: Pick<ApiClient, 'mergePatch'>;
  /** The object as it was last seen, status included. */
  readonly latest: (key: string) => KubeObject | undefined;
  /** What its status should be; undefined where there is nothing to say. */
  readonly compose: (object: KubeObject) => object | undefined;
  readonly onWritten: (now: KubeObject, before: KubeObject) => void;
  readonly onError: (key: string, error: unknown) => void;
  readonly clock: Clock;
}

/**
 * Writes the statuses of one kind: only one that differs, only on the very version that was looked at, so never one older than what is
 * stored. A status that meets a newer version is made anew when that version has been seen.
 */
export class StatusWriter {
  readonly resource: Resource;
  readonly #options: StatusWriterOptions;
  readonly #queue: WorkQueue<string>;
  /** What was written and not seen yet: a turn before the news of it would meet a newer version than it knows. */
  readonly #written = new Map<string, KubeObject>();

  constructor(options: StatusWriterOptions) {
    const { clock, onError, resource } = options;
    this.resource = resource;
    this.#options = options;
    this.#queue = new WorkQueue({ clock, maxKeys: MAX_WAITING, onError });
  }

  get depth(): number {
    return this.#queue.depth;
  }

  /** There is something new to say of the object. */
  write(key: string): void {
    this.#queue.add(key);
  }

  /** The same, within a second: what is new will soon be outdated. */
  writeSoon(key: string): void {
    this.#queue.addAfter(key, PENDING_MS);
  }

  /** Works until the signal comes. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run((key, turn) => this.#turn(key, turn), CONCURRENCY, signal);
  }

  #latest(key: string): KubeObject | undefined {
    const seen = this.#options.latest(key);
    const written = this.#written.get(key);
    if (written === undefined) return seen;
    if (seen !== undefined && seen.metadata.uid === written.metadata.uid && !isSeen(written, seen)) return written;
    this.#written.delete(key);
    return seen;
  }

  async #turn(key: string, signal: AbortSignal): Promise<void> {
    const { compose, resource, client, onWritten } = this.#options;
    const object = this.#latest(key);
    const status = object === undefined ? undefined : compose(object);
    if (object === undefined || status === undefined || isDeepStrictEqual(object['status'], status)) return;
    if (isNewer(object['status'], status)) return;
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const ref: ObjectRef = { name, ...(namespace === undefined ? {} : { namespace }) };
    const patch = { metadata: { uid, resourceVersion }, status: withRemovals(object['status'], status) };
    try {
      const written = await client.mergePatch(resource, ref, patch, { subresource: 'status' }, signal);
      this.#written.set(key, written);
      onWritten(written, object);
    } catch (error) {
      this.#written.delete(key);
      // The newer version comes by the watch, and with it another turn.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
}

/** Resource versions are numbers that grow (KEP-5504). */
function isSeen(written: KubeObject, seen: KubeObject): boolean {
  return BigInt(seen.metadata.resourceVersion ?? 0) >= BigInt(written.metadata.resourceVersion ?? 0);
}

/** Whether what is stored is about a later generation than `status`. */
function isNewer(stored: unknown, status: object): boolean {
  const [before, now] = [generationIn(stored), generationIn(status)];
  return before !== undefined && now !== undefined && before > now;
}

function generationIn(status: unknown): number | undefined {
  const generation = fieldOf(status, 'observedGeneration');
  return typeof generation === 'number' ? generation : undefined;
}

/** In a merge patch, null takes a field away. */
function withRemovals(stored: unknown, status: object): object {
  const fields = typeof stored === 'object' && stored !== null ? Object.keys(stored) : [];
  const gone = fields.filter((field) => !Object.hasOwn(status, field));
  return { ...Object.fromEntries(gone.map((field) => [field, null])), ...status };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
