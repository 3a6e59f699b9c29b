import type { ApiClient } from './apiClient.ts';
import { isFromTheFuture, isGone, isNotFound } from './apiError.ts';
import { type BackoffOptions, fullJitterMs } from './backoff.ts';
import { type Clock, wait } from './clock.ts';
import type { ReflectorListener } from './listener.ts';
import type { ObjectList, Selection } from './objectList.ts';
import { ReflectorCounters, type ReflectorCounts, type RestartCause } from './reflectorCounters.ts';
import type { Resource } from './resource.ts';
import { type GoodEvent, type WatchEnd, watchOnce } from './watchOnce.ts';

export interface ReflectorError {
  readonly during: 'list' | 'watch' | 'listener';
  readonly error: unknown;
}

export interface ReflectorOptions extends Selection {
  readonly client: Pick<ApiClient, 'list' | 'listAll' | 'watch'>;
  readonly resource: Resource;
  readonly listener: ReflectorListener;
  readonly clock: Clock;
  /** Must not throw. */
  readonly onError?: (error: ReflectorError) => void;
  /** After failures in a row. 200 ms doubling up to 30 s unless told. */
  readonly backoff?: BackoffOptions;
  /** A watch that says nothing for this long, no bookmark either, is opened anew. 210 s unless told: bookmarks come every 60 to 120 s. */
  readonly silenceMs?: number;
  /**
   * How often a kind is looked for that the API server does not have; and how long a kind must be missed, after it was there, before
   * its objects count as gone. 60 s unless told.
   */
  readonly absentMs?: number;
}

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 200, maxMs: 30_000 };
const DEFAULT_SILENCE_MS = 210_000;
const DEFAULT_ABSENT_MS = 60_000;
const SHORTEST_WATCH_SECONDS = 300;
const LONGEST_WATCH_SECONDS = 600;
/** A watch that lived this long has shown that things go well, even if nothing happened. */
const GOOD_LIFE_MS = 10_000;

/**
 * Keeps a listener told of all objects of a kind: lists them, watches from there, and does so again after whatever goes wrong, until it
 * is stopped. A kind that the API server does not have counts as one without objects.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #counters = new ReflectorCounters();
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #loop: Promise<void> | undefined;
  /** Up to where the listener knows everything; absent when the list has to be read. */
  #version: string | undefined;
  /** The API server may be another, or have another past: look before the next watch. */
  #isSuspect = false;
  #failures = 0;
  #wasThere = false;
  /** Since when a kind is missed that was there. */
  #missedSinceMs: number | undefined;
  /** A page of the last list had expired before it was asked for. */
  #withoutPages = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  /** Resolves when the listener was told of all objects for the first time; never if it is stopped before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#isSynced;
  }

  get counts(): ReflectorCounts {
    return this.#counters.counts;
  }

  /** A second start, and one after the stop, does nothing. */
  start(): void {
    if (this.#loop !== undefined || this.#stop.signal.aborted) return;
    this.#loop = this.#run(this.#stop.signal);
  }

  /** For good. Resolves when nothing is under way any more; the listener is told nothing from now on. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the reflector was stopped'));
    await this.#loop;
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delayMs = await this.#step(signal).catch((error: unknown) => this.#failed('list', error));
      if (delayMs > 0) await wait(this.#options.clock, delayMs, signal).catch(() => {});
    }
  }

  /** Lists, or looks whether it may go on, or watches. Returns how long to wait then. */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#version === undefined) return this.#list(signal);
    if (this.#isSuspect) return this.#look(this.#version, signal);
    return this.#watch(this.#version, signal);
  }

  async #list(signal: AbortSignal): Promise<number> {
    const list = await this.#readList(signal);
    signal.throwIfAborted();
    this.#contained(() => this.#options.listener.onReplace(list?.items ?? []));
    this.#version = list?.resourceVersion;
    this.#isSuspect = false;
    this.#isSynced = true;
    this.#synced.resolve();
    if (list !== undefined) return 0;
    return this.#absentMs * (0.75 + this.#options.clock.random() / 2);
  }

  /** `undefined` when there is no such kind. */
  async #readList(signal: AbortSignal): Promise<ObjectList | undefined> {
    const { client, resource } = this.#options;
    this.#counters.list();
    try {
      const pages = this.#withoutPages ? { limit: 0 } : {};
      this.#withoutPages = false;
      const list = await client.listAll(resource, { ...this.#selection, ...pages }, signal);
      this.#wasThere = true;
      this.#missedSinceMs = undefined;
      return list;
    } catch (error) {
      if (isNotFound(error) && this.#isAbsent()) return undefined;
      this.#withoutPages = isGone(error);
      throw error;
    }
  }

  /** An API server that is starting, or a proxy before it, may miss a kind for a moment; that must not empty the store. */
  #isAbsent(): boolean {
    if (!this.#wasThere) return true;
    const nowMs = this.#options.clock.nowMs();
    this.#missedSinceMs ??= nowMs;
    if (nowMs - this.#missedSinceMs < this.#absentMs) return false;
    this.#wasThere = false;
    this.#missedSinceMs = undefined;
    return true;
  }

  get #absentMs(): number {
    return this.#options.absentMs ?? DEFAULT_ABSENT_MS;
  }

  /** A store that was set back would leave a watch from a later version waiting in silence for versions it has not reached. */
  async #look(version: string, signal: AbortSignal): Promise<number> {
    const { client, resource } = this.#options;
    const page = await client.list(resource, { ...this.#selection, limit: 1 }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      this.#version = undefined;
    });
    this.#isSuspect = false;
    if (page === undefined || !isOlder(page.resourceVersion, version)) return 0;
    this.#version = undefined;
    this.#counters.restart('backInTime');
    return 0;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<number> {
    const { client, resource, clock, silenceMs = DEFAULT_SILENCE_MS } = this.#options;
    const span = LONGEST_WATCH_SECONDS - SHORTEST_WATCH_SECONDS;
    const timeoutSeconds = SHORTEST_WATCH_SECONDS + Math.floor(clock.random() * span);
    const options = { ...this.#selection, resourceVersion, timeoutSeconds };
    const onEvent = (event: GoodEvent): void => this.#onEvent(event, signal);
    const startedAtMs = clock.nowMs();
    this.#counters.watch();
    const end = await watchOnce({ client, resource, options, clock, silenceMs, onEvent }, signal);
    const livedMs = clock.nowMs() - startedAtMs;
    if (livedMs >= GOOD_LIFE_MS) this.#failures = 0;
    return this.#ended(end, livedMs >= Math.min(timeoutSeconds * 1_000, silenceMs) / 2);
  }

  #ended(end: WatchEnd, isTimely: boolean): number {
    const cause = causeOf(end, isTimely);
    this.#counters.restart(cause);
    if (cause === 'ended') return 0;
    if (cause === 'gone') this.#version = undefined;
    else this.#isSuspect = true;
    return this.#failed('watch', 'error' in end ? end.error : new Error(`the watch ended: ${cause}`));
  }

  #onEvent(event: GoodEvent, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#failures = 0;
    const { listener } = this.#options;
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
      return;
    }
    const { object } = event;
    this.#version = object.metadata.resourceVersion;
    this.#contained(() => (event.type === 'DELETED' ? listener.onDelete(object) : listener.onApply(object)));
  }

  /** Counts a failure and returns how long to wait for the next try. */
  #failed(during: ReflectorError['during'], error: unknown): number {
    if (this.#stop.signal.aborted) return 0;
    const { clock, backoff = DEFAULT_BACKOFF, onError } = this.#options;
    this.#failures += 1;
    onError?.({ during, error });
    return fullJitterMs(clock, backoff, this.#failures);
  }

  #contained(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#counters.listenerError();
      this.#options.onError?.({ during: 'listener', error });
    }
  }

  get #selection(): Selection {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }
}

function causeOf(end: WatchEnd, isTimely: boolean): RestartCause {
  switch (end.cause) {
    case 'ended':
      return isTimely ? 'ended' : 'endedEarly';
    case 'failed':
      return isFromTheFuture(end.error) || isNotFound(end.error) ? 'gone' : 'failed';
    default:
      return end.cause;
  }
}

/** Resource versions of one API server are numbers that grow; what is none cannot be compared. */
function isOlder(version: string, than: string): boolean {
  return /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than);
}
