import type { Timers } from '../reload/timers.ts';
import { type ApiClient, ApiError } from './apiClient.ts';
import { Backoff } from './backoff.ts';
import { fieldOf } from './fieldOf.ts';
import { lines } from './lines.ts';

/** A server that sends nothing at all for so long is gone: it has a bookmark to send every minute. */
const SILENT_MS = 75_000;
/** The server is asked to end a watch after this time and up to twice as long, so that watches spread over its replicas. */
const WATCH_SECONDS = 300;
/** A watch that lasted so long was a success, whatever ended it. */
const STEADY_MS = 5_000;
/** An object has at most 1.5 MB; quotes inside strings may double it. */
const LINE_LIMIT_BYTES = 4 * 1_048_576;

/** Why a watch began again. */
export const restartReasons = ['Ended', 'Expired', 'Silent', 'Failed'] as const;
export type RestartReason = (typeof restartReasons)[number];

export interface ObjectWatchOptions {
  readonly client: ApiClient;
  readonly timers: Timers;
  /** From 0, without 1. */
  readonly random: () => number;
  /** `/api/v1/namespaces/shop/configmaps` */
  readonly collection: string;
  readonly name: string;
  /** The object is there, or has changed; undefined where there is none (any more). */
  readonly onObject: (object: unknown) => void;
  /** The server answered, or sent something. */
  readonly onContact: () => void;
  /** The watch is over and begins again; `message` says why where that is no routine. */
  readonly onRestart: (reason: RestartReason, message?: string) => void;
}

/** How one list and watch ended. */
interface Outcome {
  readonly reason: RestartReason;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/**
 * Follows one object by its name: list, then watch from there, again and again. Each round lists anew, which costs nothing for one
 * object, and finds out about a store that was restored to an older state: a watch from a version of the future hears nothing.
 */
export class ObjectWatch {
  readonly #options: ObjectWatchOptions;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ObjectWatchOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: 100, limitMs: 10_000, random: options.random });
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { timers, onRestart } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const began = timers.now();
      const { reason, message, retryAfterMs = 0 } = await this.#round();
      if (signal.aborted) return;
      onRestart(reason, message);
      if (timers.now() - began >= STEADY_MS) this.#backoff.reset();
      await pause(retryAfterMs + this.#backoff.next(), timers, signal);
    }
  }

  /** Never rejects: what went wrong is an outcome. */
  async #round(): Promise<Outcome> {
    const silence = new Silence(this.#options.timers);
    const signal = AbortSignal.any([this.#closing.signal, silence.signal]);
    try {
      const version = await this.#list(signal);
      await this.#watch(version, signal, silence);
      return { reason: 'Ended' };
    } catch (error) {
      if (silence.signal.aborted) return { reason: 'Silent', message: `nothing came for ${SILENT_MS} ms` };
      const message = describe(error);
      if (!(error instanceof ApiError)) return { reason: 'Failed', message };
      const { status, retryAfterMs } = error;
      return { reason: status === 410 ? 'Expired' : 'Failed', message, retryAfterMs };
    } finally {
      silence.end();
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, onObject, onContact } = this.#options;
    const list = await client.get(this.#path({}), signal);
    const version = fieldOf(list, 'metadata', 'resourceVersion');
    const items = fieldOf(list, 'items');
    if (typeof version !== 'string' || !Array.isArray(items)) throw new Error('answered no list');
    onContact();
    onObject(items[0]);
    return version;
  }

  async #watch(resourceVersion: string, signal: AbortSignal, silence: Silence): Promise<void> {
    const { client, random, onContact } = this.#options;
    const timeoutSeconds = String(Math.ceil(WATCH_SECONDS * (1 + random())));
    const query = { watch: '1', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds };
    const body = await client.open(this.#path(query), signal);
    const heard = (): void => {
      silence.broken();
      onContact();
    };
    heard();
    for await (const line of lines(each(body, heard), LINE_LIMIT_BYTES)) this.#onEvent(JSON.parse(line));
  }

  #onEvent(event: unknown): void {
    const object = fieldOf(event, 'object');
    switch (fieldOf(event, 'type')) {
      case 'ADDED':
      case 'MODIFIED':
        return this.#options.onObject(object);
      case 'DELETED':
        return this.#options.onObject(undefined);
      case 'ERROR':
        throw new ApiError(Number(fieldOf(object, 'code')), `ended the watch: ${String(fieldOf(object, 'message'))}`);
    }
  }

  #path(query: Readonly<Record<string, string>>): string {
    const { collection, name } = this.#options;
    return `${collection}?${new URLSearchParams({ fieldSelector: `metadata.name=${name}`, ...query })}`;
  }
}

/** Aborts its signal when nothing has broken it for too long. */
class Silence {
  readonly #timers: Timers;
  readonly #controller = new AbortController();
  #cancel: () => void = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  broken(): void {
    this.#cancel();
    this.#cancel = this.#timers.after(SILENT_MS, () => this.#controller.abort());
  }

  end(): void {
    this.#cancel();
  }
}

async function* each<T>(items: AsyncIterable<T>, seen: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    seen();
    yield item;
  }
}

/** Ends early, without an error, when `signal` aborts. */
async function pause(forMs: number, timers: Timers, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(forMs, resolve);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  if (signal.aborted) resolve();
  await promise;
  cancel();
  signal.removeEventListener('abort', wake);
}

/** One line; a system's error by its code, for its message names addresses in a form of its own. */
function describe(error: unknown): string {
  const code = fieldOf(error, 'code');
  if (typeof code === 'string') return `cannot be reached: ${code}`;
  return error instanceof Error ? error.message : String(error);
}
