import { compareOrder, type Position } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import { isControlledBy } from '../apply/ownership.ts';
import type { ApiClient } from '../kube/apiClient.ts';
import { isAlreadyExists } from '../kube/apiError.ts';
import type { KubeObject, ObjectMeta } from '../kube/kubeObject.ts';
import { configMaps, type Resource, secrets } from '../kube/resource.ts';
import type { Finding } from '../translate/verdict.ts';
import { atVersion, documentObject, documentResource, objectNameOf, readStored } from './documentObject.ts';
import type { Write } from './documents.ts';
import { ForeignObject } from './foreignObject.ts';
import { oversized } from './oversized.ts';
import { type FleetContent, type Previous, type Publication, publication, settled } from './publication.ts';
import { type PublishedTable, tableOf } from './publishedTable.ts';
import { distrusted, restorePublished, type ServedContent } from './restore.ts';
import { revokes, withdraws } from './withdrawal.ts';
import type { WriteBudget } from './writeBudget.ts';

/** Parts with more bytes are compressed. */
const COMPRESS_ABOVE_BYTES = 8 * 1024;
/** All parts of more than a thousand routes: a burst of edits among them fills no slots. Every reader of the index pays for more. */
const CARRY_BELOW_BYTES = 96 * 1024;
const storageOfBytes = { compressAboveBytes: COMPRESS_ABOVE_BYTES, carryBelowBytes: CARRY_BELOW_BYTES } as const;
const MAX_OWN_VERSIONS = 256;
/** Nothing tells when an object that is not ours goes. */
const FOREIGN_RETRY_MS = 2_000;

export interface PublisherOptions {
  /** Its writes are fenced: none is sent once another may lead. */
  readonly client: Pick<ApiClient, 'get' | 'listAll' | 'create' | 'replace' | 'delete'>;
  readonly fleet: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** Selects every object of the fleet's documents. */
  readonly labelSelector: string;
  /** Labels and owner of the object of that name. */
  readonly metadataOf: (name: string, kind: DocumentKind) => ObjectMeta;
  /** The version to write documents in, told that of those that are stored. */
  readonly version: (present: number | undefined) => number;
  readonly budget: WriteBudget;
  readonly report: (event: PublishEvent) => void;
}

/** For counters and logs. */
export type PublishEvent =
  | { readonly type: 'written'; readonly kind: DocumentKind; readonly bytes: number }
  /** Stored documents were damaged or lost, and are written anew. */
  | { readonly type: 'damaged'; readonly problems: readonly Problem[] };

export type PublishOutcome =
  | {
      readonly outcome: 'Published';
      readonly published: PublishedTable;
      readonly writes: number;
      readonly bytes: number;
    }
  | { readonly outcome: 'Unchanged'; readonly published: PublishedTable }
  /** The last table stays; with `retryMs`, trying again then may succeed without any change. */
  | { readonly outcome: 'HeldBack'; readonly finding: Finding; readonly retryMs?: number };

interface State {
  readonly previous: Previous;
  readonly served: ServedContent;
  /** Of each object that exists, by name: the version that a write must replace. */
  readonly versions: Map<string, string>;
}

/**
 * Writes one fleet's documents, and knows what is written. Every write names the version it replaces, so a writer that lost its place
 * changes nothing; after any failure, what is stored is read again first. Not to be called twice at once.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #state: State | undefined;
  #epoch = 1;
  /** What is stored is being read, or written. */
  #isBusy = false;
  /** Versions that were seen meanwhile. Objects of one fleet: bounded. */
  readonly #unjudged = new Map<string, string | undefined>();
  /** The versions of the last writes: the news of them may come late. */
  #ownVersions: readonly string[] = [];
  /** Somebody else wrote: whatever the indexes say, they are written anew. */
  #isTampered = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** What gateways serve by what is written now: where the last good version of a rule is found. */
  async served(signal?: AbortSignal): Promise<ServedContent> {
    return (await this.#load(signal)).served;
  }

  /**
   * Hears of the version of one of its objects, undefined where it is gone. Where that is somebody else's doing, what is stored counts and
   * is read before the next publication; returns whether it was so. While this publisher reads or writes, the answer waits for the end of that.
   */
  notice(object: string, resourceVersion: string | undefined): boolean {
    if (this.#isBusy) {
      this.#unjudged.set(object, resourceVersion);
      return false;
    }
    if (this.#state === undefined) return false;
    if (this.#isOwn(object, resourceVersion, this.#state)) return false;
    this.#isTampered = true;
    this.forget();
    return true;
  }

  /** Whether what is stored has to be read again, because somebody else wrote it or a write failed. */
  get mustReload(): boolean {
    return this.#state === undefined;
  }

  /** Whether what is stored is of another version than it should be by now. */
  get isOfAnotherVersion(): boolean {
    const state = this.#state;
    return state?.previous.routes !== undefined && this.#wantedVersion(state) !== state.previous.routes.version;
  }

  #wantedVersion({ previous }: State): number {
    return this.#options.version(previous.routes?.version);
  }

  /** Whether a gateway has seen a write that is newer than all that is stored: then etcd was restored to an older state. */
  isOutranked(kind: DocumentKind, seen: Position): boolean {
    const written = this.#state?.previous[kind];
    return this.#state !== undefined && (written === undefined || compareOrder(seen, written) > 0);
  }

  /** What is written from now on is newer than that write. */
  outrank({ epoch }: Position): void {
    this.#epoch = Math.max(this.#epoch, epoch + 1);
  }

  /**
   * Brings the content to the gateways. An object of the name that another made is left alone, and the table held back. Rejects where
   * the API server refuses or cannot be reached; calling again goes on.
   */
  async publish(content: FleetContent, signal?: AbortSignal): Promise<PublishOutcome> {
    const state = await this.#load(signal);
    const { uid, ...fleet } = this.#options.fleet;
    const identity = { fleetUID: uid, fleet, epoch: this.#epoch };
    const storage = { ...storageOfBytes, version: this.#wantedVersion(state) };
    const next = publication(content, state.previous, identity, storage);
    if (next.unchanged) return { outcome: 'Unchanged', published: tableOf(next) };
    const heldBack = this.#heldBack(next, state.served, content);
    if (heldBack !== undefined) return heldBack;
    this.#isBusy = true;
    try {
      const bytes = await this.#carryOut(next, state, signal);
      this.#state = { ...state, previous: next.state, served: content };
      this.#isTampered = false;
      return { outcome: 'Published', published: tableOf(next), writes: next.writes.length, bytes };
    } catch (error) {
      this.forget();
      if (error instanceof ForeignObject)
        return { outcome: 'HeldBack', finding: error.finding, retryMs: FOREIGN_RETRY_MS };
      throw error;
    } finally {
      this.#judge();
    }
  }

  /** Whether an index carries parts that no slot has yet. */
  get isUnsettled(): boolean {
    return (this.#state?.previous.unstored?.length ?? 0) > 0;
  }

  /**
   * Puts the parts that an index carries into their slots, which no edit has to wait for. Rejects where the API server fails; the next
   * publication does it where this one did not. Not to be called during another call.
   */
  async settle(signal?: AbortSignal): Promise<void> {
    const state = this.#state;
    const unstored = state?.previous.unstored ?? [];
    if (state === undefined || unstored.length === 0) return;
    this.#isBusy = true;
    try {
      await this.#writeAll(unstored, state, signal);
      this.#state = { ...state, previous: settled(state.previous) };
    } catch (error) {
      this.forget();
      throw error;
    } finally {
      this.#judge();
    }
  }

  #judge(): void {
    this.#isBusy = false;
    for (const [object, version] of this.#unjudged) this.notice(object, version);
    this.#unjudged.clear();
  }

  /** Somebody else wrote, or a write failed: what is stored counts. */
  forget(): void {
    this.#state = undefined;
  }

  #isOwn(object: string, resourceVersion: string | undefined, { versions }: State): boolean {
    const known = versions.get(object);
    return known === resourceVersion || (resourceVersion !== undefined && this.#ownVersions.includes(resourceVersion));
  }

  #heldBack(next: Publication, served: ServedContent, content: FleetContent): PublishOutcome | undefined {
    const tooLarge = oversized(next.writes);
    if (tooLarge.length > 0) {
      const message = `The table does not fit: ${tooLarge.map(({ path, message }) => `${path}: ${message}`).join('; ')}`;
      return { outcome: 'HeldBack', finding: { reason: 'TooLarge', message } };
    }
    const retryMs = this.#options.budget.waitMs;
    if (retryMs === 0 || withdraws(served.rules, content.rules)) return undefined;
    if (revokes(served.secrets, content.secrets)) return undefined;
    const message = 'The table changes faster than its budget of writes allows; the newest is written in a moment';
    return { outcome: 'HeldBack', finding: { reason: 'Throttled', message }, retryMs };
  }

  async #carryOut({ writes, removals }: Publication, state: State, signal?: AbortSignal): Promise<number> {
    const { client, fleet } = this.#options;
    const bytes = await this.#writeAll(writes, state, signal);
    for (const part of removals) {
      const name = objectNameOf(fleet.name, { kind: part.kind, part });
      await client.delete(documentResource(part.kind), { namespace: fleet.namespace, name }, {}, signal);
      state.versions.delete(name);
    }
    return bytes;
  }

  /** The size of what was written, in bytes. */
  async #writeAll(writes: readonly Write[], state: State, signal?: AbortSignal): Promise<number> {
    let bytes = 0;
    for (const write of writes) {
      const written = await this.#write(write, state, signal);
      this.#options.budget.spend(written, 1);
      bytes += written;
    }
    return bytes;
  }

  async #write(write: Write, { versions }: State, signal?: AbortSignal): Promise<number> {
    const { client, fleet, metadataOf, report } = this.#options;
    const name = objectNameOf(fleet.name, write);
    const resource = documentResource(write.kind);
    const resourceVersion = versions.get(name);
    const object = documentObject(write, metadataOf(name, write.kind));
    const written =
      resourceVersion === undefined
        ? await this.#create(resource, object, signal)
        : await client.replace(resource, atVersion(object, resourceVersion), signal);
    const version = written.metadata.resourceVersion ?? '';
    versions.set(name, version);
    this.#ownVersions = [version, ...this.#ownVersions.slice(0, MAX_OWN_VERSIONS - 1)];
    const bytes = write.gzip?.byteLength ?? Buffer.byteLength(write.text);
    report({ type: 'written', kind: write.kind, bytes });
    return bytes;
  }

  /** One of ours that lost its label is not found among ours, and is there all the same. */
  async #create(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<KubeObject> {
    const { client, fleet } = this.#options;
    try {
      return await client.create(resource, object, {}, signal);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const found = await client.get(resource, object.metadata, signal);
      if (!isControlledBy(found, fleet.uid)) throw new ForeignObject(resource, found);
      return await client.replace(resource, atVersion(object, found.metadata.resourceVersion), signal);
    }
  }

  /** What happens to an object after it was read and before all is read is heard of, and the reading is outdated then. */
  async #load(signal?: AbortSignal): Promise<State> {
    if (this.#state !== undefined) return this.#state;
    this.#isBusy = true;
    try {
      const state = await this.#read(signal);
      this.#state = state;
      return state;
    } finally {
      this.#judge();
    }
  }

  async #read(signal?: AbortSignal): Promise<State> {
    const { client, fleet, labelSelector, report } = this.#options;
    const { namespace } = fleet;
    const [maps, held] = await Promise.all([
      client.listAll(configMaps, { namespace, labelSelector }, signal),
      client.listAll(secrets, { namespace, labelSelector }, signal),
    ]);
    // A namesake's, until the cluster has removed them, are another's.
    const objects = [...maps.items, ...held.items].filter((object) => isControlledBy(object, fleet.uid));
    const { previous, served, epoch, problems } = restorePublished(readStored(fleet.name, objects));
    if (problems.length > 0) report({ type: 'damaged', problems });
    this.#epoch = Math.max(this.#epoch, epoch);
    const versions = objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? ''] as const);
    const from = this.#isTampered ? distrusted(previous) : previous;
    return { previous: from, served, versions: new Map(versions) };
  }
}
