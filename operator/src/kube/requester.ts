import { ApiError } from './apiError.ts';
import { type Clock, wait } from './clock.ts';
import type { ObjectRef } from './kubeObject.ts';
import { type Resource, resourcePath } from './resource.ts';
import { retryDelayMs, type Verb } from './retry.ts';
import type { Answer, Call, Transport } from './transport.ts';
import { Turnstile } from './turnstile.ts';
import { readEvents, type WatchEvent } from './watchEvent.ts';

/** One request that was sent, for the metrics. All labels come from closed sets. */
export interface RequestReport {
  readonly verb: Verb;
  /** The plural, with the subresource after a slash. */
  readonly resource: string;
  /** 0 where no answer came. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface ApiRequest {
  readonly verb: Verb;
  readonly method: Call['method'];
  readonly resource: Resource;
  readonly target?: Partial<ObjectRef> & { readonly subresource?: string | undefined };
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Says whether this process may write, and how long one write may take. */
export interface Fence {
  mayWrite(): boolean;
  readonly timeoutMs: number;
}

export interface RequesterOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly onRequest: ((report: RequestReport) => void) | undefined;
  readonly fence: Fence | undefined;
}

const MAX_IN_FLIGHT = 32;
const MAX_WAITING = 20_000;

/** Sends requests of the API server's kind: again where that does no harm, never beyond the fence, each one told, and not too many at a time. */
export class Requester {
  readonly #options: RequesterOptions;
  readonly #turnstile = new Turnstile(MAX_IN_FLIGHT, MAX_WAITING);

  constructor(options: RequesterOptions) {
    this.#options = options;
  }

  /** The JSON of an answer that is 2xx. Throws an ApiError otherwise. */
  async send(request: ApiRequest): Promise<unknown> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#try(request, body);
      } catch (error) {
        const delayMs = retryDelayMs(error, request.verb, tries, this.#options.clock);
        if (delayMs === undefined) throw error;
        await wait(this.#options.clock, delayMs, request.signal);
      }
    }
  }

  /** The events of a watch. Opened at the first step; never opened again. */
  async *watch(request: ApiRequest, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { clock, timeoutMs, transport } = this.#options;
    const startedAtMs = clock.nowMs();
    const path = pathOf(request);
    let status = 0;
    let bytes = 0;
    try {
      const answer = await transport.open({ method: 'GET', path, timeoutMs, signal });
      status = answer.status;
      if (status !== 200) throw await refusal(answer);
      yield* readEvents(answer.body, (more) => {
        bytes += more;
      });
    } catch (error) {
      throw cut(error, path, signal);
    } finally {
      this.#report(request, { status, durationMs: clock.nowMs() - startedAtMs, requestBytes: 0, responseBytes: bytes });
    }
  }

  /** The time that a request may take begins when its turn comes, and only then it is asked whether it may be sent. */
  async #try(request: ApiRequest, body: string | undefined): Promise<unknown> {
    const leave = await this.#turnstile.enter(request.signal);
    try {
      return await this.#sendOnce(request, body, this.#admit(request));
    } finally {
      leave();
    }
  }

  async #sendOnce(request: ApiRequest, body: string | undefined, timeoutMs: number): Promise<unknown> {
    const { clock, transport } = this.#options;
    const startedAtMs = clock.nowMs();
    let answer: Answer | undefined;
    try {
      const { method, contentType, signal } = request;
      answer = await transport.send({ method, path: pathOf(request), body, contentType, timeoutMs, signal });
    } finally {
      this.#report(request, {
        status: answer?.status ?? 0,
        durationMs: clock.nowMs() - startedAtMs,
        requestBytes: body?.length ?? 0,
        responseBytes: answer?.text.length ?? 0,
      });
    }
    const { status, text, retryAfter } = answer;
    if (status < 200 || status > 299) throw ApiError.fromAnswer(status, text, retryAfter);
    return parse(text);
  }

  /** How long the request may take. Throws when it is a write beyond the fence. */
  #admit({ verb, resource }: ApiRequest): number {
    const { fence, timeoutMs } = this.#options;
    if (fence === undefined || verb === 'get' || verb === 'list') return timeoutMs;
    if (fence.mayWrite()) return Math.min(fence.timeoutMs, timeoutMs);
    const message = `${verb} of ${resource.plural} was not sent: another may lead by now`;
    throw new ApiError({ status: 0, reason: 'Fenced', message });
  }

  #report({ verb, resource, target }: ApiRequest, figures: Omit<RequestReport, 'verb' | 'resource'>): void {
    const { subresource } = target ?? {};
    const label = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    this.#options.onRequest?.({ verb, resource: label, ...figures });
  }
}

function pathOf({ resource, target, query }: ApiRequest): string {
  const path = resourcePath(resource, target);
  return query === undefined || query.size === 0 ? path : `${path}?${query}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message would quote the answer, which may be a Secret.
    throw new ApiError({ status: 0, reason: 'BadAnswer', message: 'the answer is not JSON' });
  }
}

const MAX_REFUSAL_BYTES = 64 * 1024;

async function refusal({
  status,
  retryAfter,
  body,
}: {
  status: number;
  retryAfter: string | undefined;
  body: AsyncIterable<Buffer>;
}): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_REFUSAL_BYTES) break;
  }
  return ApiError.fromAnswer(status, Buffer.concat(chunks).toString('utf8'), retryAfter);
}

function cut(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new ApiError({ status: 0, reason: 'Unreachable', message: `the watch ${path} was cut: ${why}`, cause: error });
}
