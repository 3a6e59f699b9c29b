import { ApiError } from './apiError.ts';
import { type Clock, systemClock } from './clock.ts';
import { isKubeObject, type KubeObject, type ObjectRef } from './kubeObject.ts';
import { type ListOptions, listQuery, type ObjectList, type Page, readPage, type WatchOptions } from './objectList.ts';
import { type ApiRequest, type Fence, Requester, type RequestReport } from './requester.ts';
import { evictionSubresource, pods, type Resource } from './resource.ts';
import { type Credentials, Transport } from './transport.ts';
import type { WatchEvent } from './watchEvent.ts';

export interface ApiClientOptions extends Credentials {
  readonly userAgent?: string;
  /** For an answer, all of it; of a watch, for its head. 30 s unless told. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** Must not throw. A watch is told when it ends. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined;
}

export interface ApplyOptions {
  /** Who owns the fields that are applied. */
  readonly fieldManager: string;
  /** Takes fields over that another owns; without it they are a conflict. */
  readonly force?: boolean;
  /** The API server checks and answers, but keeps nothing. */
  readonly dryRun?: boolean;
}

export interface CreateOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** Refuses fields that the kind does not have, as kubectl asks; without it they are dropped. */
  readonly strict?: boolean;
}

export interface DeleteOptions {
  /** Only the very object that was looked at, not another that took its name. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface PatchOptions {
  readonly subresource?: string;
  readonly fieldManager?: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const PAGE_SIZE = 500;
const MAX_OBJECTS = 200_000;

/**
 * The API server's REST interface, over raw JSON: what we do not know of an object is neither lost nor disowned. Whatever does not
 * succeed throws an ApiError, or the reason of the signal that ended it. Requests that can be repeated without harm are, a few times,
 * when the API server asks for patience.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #transport: Transport;
  readonly #requester: Requester;

  /** `shared` is for `fenced` alone. */
  constructor(options: ApiClientOptions, shared?: { readonly transport: Transport; readonly fence: Fence }) {
    const { userAgent = 'evergate', clock = systemClock, timeoutMs = DEFAULT_TIMEOUT_MS, onRequest } = options;
    this.#options = options;
    this.#transport = shared?.transport ?? new Transport({ ...options, userAgent, clock });
    const transport = this.#transport;
    this.#requester = new Requester({ transport, clock, timeoutMs, onRequest, fence: shared?.fence });
  }

  /**
   * The same client over the same connections, which asks `mayWrite` before each try of each write and throws a `Fenced` ApiError when
   * it says no; and whose writes end after `timeoutMs`, so that none is under way long after that. Its requests have places of their
   * own: however many wait, those of this client (as the renewal of a lease) do not wait behind them.
   */
  fenced(mayWrite: () => boolean, timeoutMs: number): ApiClient {
    return new ApiClient(this.#options, { transport: this.#transport, fence: { mayWrite, timeoutMs } });
  }

  get(resource: Resource, target: ObjectRef, signal?: AbortSignal): Promise<KubeObject> {
    return this.#object({ verb: 'get', method: 'GET', resource, target, signal });
  }

  /** One page. Items bear their `apiVersion` and `kind`, which the API server leaves out. */
  async list(resource: Resource, options: ListOptions = {}, signal?: AbortSignal): Promise<Page> {
    const target = { namespace: options.namespace };
    const query = listQuery(options);
    const answer = await this.#requester.send({ verb: 'list', method: 'GET', resource, target, query, signal });
    return readPage(resource, answer);
  }

  /** All pages, as of one resource version. Throws `TooLarge` beyond 200,000 objects. */
  async listAll(resource: Resource, options: ListOptions = {}, signal?: AbortSignal): Promise<ObjectList> {
    const items: KubeObject[] = [];
    const first = { limit: PAGE_SIZE, ...options };
    let page = await this.list(resource, first, signal);
    for (;;) {
      for (const item of page.items) items.push(item);
      if (page.continue === undefined) return { items, resourceVersion: page.resourceVersion };
      if (items.length >= MAX_OBJECTS) {
        const message = `there are more than ${MAX_OBJECTS} ${resource.plural}`;
        throw new ApiError({ status: 0, reason: 'TooLarge', message });
      }
      page = await this.list(resource, { ...first, continue: page.continue }, signal);
    }
  }

  create(
    resource: Resource,
    object: KubeObject,
    options: CreateOptions = {},
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    const target = { namespace: object.metadata.namespace };
    const query = createQuery(options);
    return this.#object({ verb: 'create', method: 'POST', resource, target, query, body: object, signal });
  }

  /** Puts the object in the place of the one there is; with a resource version, only in place of that version. */
  replace(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<KubeObject> {
    return this.#object({ verb: 'update', method: 'PUT', resource, target: refOf(object), body: object, signal });
  }

  /** Server-side apply: makes it so, and owns exactly the fields that are given. */
  apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal?: AbortSignal): Promise<KubeObject> {
    return this.#object({ ...applyRequest(resource, object, options), signal });
  }

  /** As `apply`, of the status alone. */
  applyStatus(
    resource: Resource,
    object: KubeObject,
    options: ApplyOptions,
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    return this.#object({ ...applyRequest(resource, object, options, 'status'), signal });
  }

  /** JSON merge patch: null removes. */
  mergePatch(
    resource: Resource,
    ref: ObjectRef,
    patch: object,
    { subresource, fieldManager }: PatchOptions = {},
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    return this.#object({
      verb: 'patch',
      method: 'PATCH',
      resource,
      target: { ...ref, subresource },
      query: new URLSearchParams(fieldManager === undefined ? {} : { fieldManager }),
      body: patch,
      contentType: 'application/merge-patch+json',
      signal,
    });
  }

  /** JSON merge patch of the status; `patch` has a `status`, and may name the resource version it is meant for. */
  patchStatus(resource: Resource, ref: ObjectRef, patch: object, signal?: AbortSignal): Promise<KubeObject> {
    return this.mergePatch(resource, ref, patch, { subresource: 'status' }, signal);
  }

  async delete(
    resource: Resource,
    target: ObjectRef,
    options: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const { uid, resourceVersion, propagation } = options;
    const preconditions = { uid, resourceVersion };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: propagation, preconditions };
    await this.#requester.send({ verb: 'delete', method: 'DELETE', resource, target, body, signal });
  }

  /** Asks for the end of a pod in the way that budgets are asked: `TooManyRequests` when one forbids it now. */
  async evict(namespace: string, pod: string, signal?: AbortSignal): Promise<void> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
    const target = { namespace, name: pod, subresource: evictionSubresource };
    await this.#requester.send({ verb: 'create', method: 'POST', resource: pods, target, body, signal });
  }

  /**
   * What happens after `resourceVersion`, until the API server ends it. Opened at the first step; `return` ends it. Throws an ApiError
   * where it cannot be opened or is cut.
   */
  watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const target = { namespace: options.namespace };
    const query = listQuery(options, true);
    return this.#requester.watch({ verb: 'watch', method: 'GET', resource, target, query }, signal);
  }

  /** Cuts whatever is under way, of fenced clients too. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #object(request: ApiRequest): Promise<KubeObject> {
    const value = await this.#requester.send(request);
    if (isKubeObject(value)) return value;
    throw new ApiError({ status: 0, reason: 'BadAnswer', message: `${request.verb} answered no object` });
  }
}

function createQuery({ fieldManager, dryRun = false, strict = false }: CreateOptions): URLSearchParams {
  return new URLSearchParams({
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(dryRun ? { dryRun: 'All' } : {}),
    ...(strict ? { fieldValidation: 'Strict' } : {}),
  });
}

function refOf({ metadata: { namespace, name } }: KubeObject): ObjectRef {
  return { namespace, name };
}

function applyRequest(
  resource: Resource,
  object: KubeObject,
  { fieldManager, force = false, dryRun = false }: ApplyOptions,
  subresource?: string,
): ApiRequest {
  return {
    verb: 'patch',
    method: 'PATCH',
    resource,
    target: { ...refOf(object), subresource },
    query: new URLSearchParams({ fieldManager, force: String(force), ...(dryRun ? { dryRun: 'All' } : {}) }),
    body: object,
    contentType: 'application/apply-patch+yaml',
  };
}
