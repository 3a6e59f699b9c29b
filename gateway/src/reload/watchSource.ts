import type { PartReference } from '@evergate/contract/document';
import {
  type DocumentKind,
  documentKinds,
  indexKey,
  indexObjectName,
  partKey,
  partObjectName,
} from '@evergate/contract/names';
import type { ApiClient } from '../apiServer/apiClient.ts';
import { fieldOf } from '../apiServer/fieldOf.ts';
import { ObjectWatch, type RestartReason, restartReasons } from '../apiServer/objectWatch.ts';
import type { DocumentSource, SourceListener } from './source.ts';
import type { Timers } from './timers.ts';

/** A part takes milliseconds. Whoever waits for it longer holds up other documents. */
const PART_MS = 2_000;

export interface WatchSourceOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly fleet: string;
  readonly timers: Timers;
  /** From 0, without 1. */
  readonly random: () => number;
  /** How long the start waits for the first lists. */
  readonly firstListMs: number;
}

/** How a gateway stands with the API server. Times in milliseconds since the epoch. */
export interface Contact {
  /** Since when some document has not been followed; undefined while all are. */
  readonly lostSince: number | undefined;
  /** When the API server last sent anything. */
  readonly lastAt: number | undefined;
}

interface Followed {
  readonly watch: ObjectWatch;
  readonly restarts: Record<RestartReason, number>;
  lostSince: number | undefined;
  /** What was said last of a trouble that goes on. */
  problem: string | undefined;
  text: string | undefined;
}

/**
 * The documents on the API server: their indexes are watched by name, which is all that the gateway's Role permits, and parts are read by
 * name. Whatever happens there, it goes on trying; an index that is deleted is no news, for the last good table stays.
 */
export class WatchSource implements DocumentSource {
  readonly #options: WatchSourceOptions;
  readonly #followed: ReadonlyMap<DocumentKind, Followed>;
  readonly #closing = new AbortController();
  readonly #unlisted = new Set<DocumentKind>(documentKinds);
  #listener: SourceListener | undefined;
  #onListed: () => void = () => {};
  #lastAt: number | undefined;

  constructor(options: WatchSourceOptions) {
    this.#options = options;
    this.#followed = new Map(documentKinds.map((kind) => [kind, this.#follow(kind)]));
  }

  get contact(): Contact {
    const losses = [...this.#followed.values()].flatMap(({ lostSince }) => lostSince ?? []);
    return { lostSince: losses.length === 0 ? undefined : Math.min(...losses), lastAt: this.#lastAt };
  }

  /** How often each document's watch began again, by reason. */
  *restarts(): Generator<{ readonly kind: DocumentKind; readonly reason: RestartReason; readonly count: number }> {
    for (const [kind, { restarts }] of this.#followed) {
      for (const reason of restartReasons) yield { kind, reason, count: restarts[reason] };
    }
  }

  /** Resolves after the first list of each document, or after `firstListMs`. */
  async start(listener: SourceListener): Promise<void> {
    this.#listener = listener;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onListed = resolve;
    const cancel = this.#options.timers.after(this.#options.firstListMs, resolve);
    for (const { watch } of this.#followed.values()) watch.start();
    await promise;
    cancel();
  }

  /** Rejects at once while the document cannot be followed: then its parts cannot be had either. */
  async readPart(kind: DocumentKind, { name, slot, encoding }: PartReference): Promise<Uint8Array> {
    const { client, fleet } = this.#options;
    const problem = this.#followed.get(kind)?.problem;
    if (problem !== undefined) throw new Error(`the API server ${problem}`);
    const object = partObjectName(fleet, kind, name, slot);
    const key = partKey(kind, name, slot, encoding);
    const configMap = await client.get(`${this.#collection('configmaps')}/${object}`, this.#closing.signal, PART_MS);
    const content = fieldOf(configMap, encoding === undefined ? 'data' : 'binaryData', key);
    if (typeof content !== 'string') throw new Error(`ConfigMap ${object} has no ${key}`);
    return Buffer.from(content, encoding === undefined ? 'utf8' : 'base64');
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listener = undefined;
    this.#onListed();
    await Promise.all([...this.#followed.values()].map(({ watch }) => watch.close()));
    await this.#options.client.close();
  }

  #follow(kind: DocumentKind): Followed {
    const { client, timers, random, fleet } = this.#options;
    const watch = new ObjectWatch({
      client,
      timers,
      random,
      collection: this.#collection(kind === 'secrets' ? 'secrets' : 'configmaps'),
      name: indexObjectName(fleet, kind),
      onObject: (object) => this.#onObject(kind, object),
      onContact: () => this.#onContact(kind),
      onRestart: (reason, message) => this.#onRestart(kind, reason, message),
    });
    const restarts = { Ended: 0, Expired: 0, Silent: 0, Failed: 0 };
    return { watch, restarts, lostSince: timers.now(), problem: undefined, text: undefined };
  }

  #collection(resource: 'configmaps' | 'secrets'): string {
    return `/api/v1/namespaces/${this.#options.namespace}/${resource}`;
  }

  #onObject(kind: DocumentKind, object: unknown): void {
    const content = fieldOf(object, 'data', indexKey(kind));
    const text =
      typeof content === 'string' && kind === 'secrets' ? Buffer.from(content, 'base64').toString() : content;
    const followed = this.#followed.get(kind);
    if (typeof text === 'string' && followed !== undefined && text !== followed.text) {
      followed.text = text;
      this.#listener?.onIndex(kind, text);
    }
    this.#unlisted.delete(kind);
    if (this.#unlisted.size === 0) this.#onListed();
  }

  #onContact(kind: DocumentKind): void {
    this.#lastAt = this.#options.timers.now();
    const followed = this.#followed.get(kind);
    if (followed === undefined) return;
    followed.lostSince = undefined;
    followed.problem = undefined;
  }

  #onRestart(kind: DocumentKind, reason: RestartReason, message = ''): void {
    const followed = this.#followed.get(kind);
    if (followed === undefined) return;
    followed.restarts[reason] += 1;
    if (reason === 'Ended' || reason === 'Expired') return;
    followed.lostSince ??= this.#options.timers.now();
    if (message === followed.problem) return;
    followed.problem = message;
    this.#listener?.onProblem(`the API server, asked for ${indexObjectName(this.#options.fleet, kind)}, ${message}`);
  }
}
