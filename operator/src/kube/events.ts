import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import { type EventText, type Regarding, repeatedEvent, writtenEvent } from './eventObject.ts';
import type { KubeObject } from './kubeObject.ts';
import { RecentMap } from './recentMap.ts';
import { events } from './resource.ts';
import { type BucketOptions, TokenBucket } from './tokenBucket.ts';

export interface EventRecorderOptions {
  readonly client: Pick<ApiClient, 'create' | 'mergePatch'>;
  readonly clock: Clock;
  /** As `evergate.dev/operator`. */
  readonly controller: string;
  /** The pod. */
  readonly instance: string;
  /** Whether events may be written now; those recorded meanwhile are dropped. Always unless told. */
  readonly mayWrite?: () => boolean;
}

export interface EventCounts {
  readonly written: number;
  /** Told again while the first still counts. */
  readonly repeated: number;
  /** Beyond a limit, or refused by the API server. */
  readonly dropped: number;
}

interface Series {
  readonly event: KubeObject;
  count: number;
  seenAtMs: number;
  writtenAtMs: number;
}

/** The same thing said again after this is a new event. */
const SERIES_END_MS = 6 * 60_000;
/** How often the count of a series is written. */
const SERIES_WRITE_MS = 60_000;
const MAX_WAITING = 200;
const MAX_KNOWN = 2_000;
const IN_ALL: BucketOptions = { burst: 50, refillMs: 1_000 };
const AN_OBJECT: BucketOptions = { burst: 10, refillMs: 60_000 };

/**
 * Writes events (events.k8s.io/v1) about objects. What was said of an object already is counted, not written anew; the rest is
 * limited, in all and for each object. Nothing here throws or is waited for: an event is never worth a failure.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new RecentMap<string, Series>(MAX_KNOWN);
  readonly #buckets = new RecentMap<string, TokenBucket>(MAX_KNOWN);
  readonly #all: TokenBucket;
  readonly #waiting: (() => Promise<unknown>)[] = [];
  readonly #stop = new AbortController();
  #sending: Promise<void> | undefined;
  #written = 0;
  #repeated = 0;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#all = new TokenBucket(options.clock, IN_ALL);
  }

  get counts(): EventCounts {
    return { written: this.#written, repeated: this.#repeated, dropped: this.#dropped };
  }

  record(regarding: Regarding, text: EventText): void {
    const { uid, namespace, name } = regarding.metadata;
    const key = JSON.stringify([uid ?? [namespace, name], text.type, text.reason, text.action, text.note]);
    const nowMs = this.#options.clock.nowMs();
    const series = this.#series.get(key);
    if (series !== undefined && nowMs - series.seenAtMs < SERIES_END_MS) this.#repeat(series, nowMs);
    else this.#begin(key, regarding, text, nowMs);
  }

  /** Resolves when all that was recorded has been written or dropped. */
  async flush(): Promise<void> {
    await this.#sending;
  }

  /** Drops what waits. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the event recorder was closed'));
    await this.#sending;
  }

  #begin(key: string, regarding: Regarding, text: EventText, nowMs: number): void {
    if (!this.#admit(regarding)) return;
    const { client, controller, instance, clock } = this.#options;
    const event = writtenEvent(regarding, text, {
      controller,
      instance,
      wallMs: clock.wallMs(),
      random: clock.random(),
    });
    this.#series.set(key, { event, count: 1, seenAtMs: nowMs, writtenAtMs: nowMs });
    this.#send(async () => {
      await client.create(events, event, {}, this.#stop.signal);
      this.#written += 1;
    });
  }

  #repeat(series: Series, nowMs: number): void {
    const { client, clock } = this.#options;
    this.#repeated += 1;
    series.count += 1;
    series.seenAtMs = nowMs;
    if (nowMs - series.writtenAtMs < SERIES_WRITE_MS) return;
    series.writtenAtMs = nowMs;
    const { namespace, name } = series.event.metadata;
    const patch = repeatedEvent(series.count, clock.wallMs());
    this.#send(() => client.mergePatch(events, { namespace, name }, patch, {}, this.#stop.signal));
  }

  #admit({ metadata: { uid, namespace, name } }: Regarding): boolean {
    const key = uid ?? `${namespace}/${name}`;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#options.clock, AN_OBJECT);
    this.#buckets.set(key, bucket);
    if (bucket.take() && this.#all.take()) return true;
    this.#dropped += 1;
    return false;
  }

  #send(request: () => Promise<unknown>): void {
    const mayWrite = this.#options.mayWrite?.() ?? true;
    if (!mayWrite || this.#stop.signal.aborted || this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(request);
    this.#sending ??= this.#sendAll();
  }

  /** One after the other. Never rejects. */
  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        this.#stop.signal.throwIfAborted();
        await next();
      } catch {
        this.#dropped += 1;
      }
    }
    this.#sending = undefined;
  }
}
