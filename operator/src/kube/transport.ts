import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { ApiError } from './apiError.ts';
import type { Clock } from './clock.ts';
import { startDeadline } from './deadline.ts';

/** Where the API server is, and as whom we speak to it. */
export interface Credentials {
  /** As `https://10.96.0.1:443`; a path below which the API lies may follow. */
  readonly server: string;
  /** PEM; without it, the certificate authorities that Node knows. */
  readonly ca?: string | Buffer | undefined;
  readonly clientCert?: string | Buffer | undefined;
  readonly clientKey?: string | Buffer | undefined;
  /** The name that the server's certificate must bear, where it is not the host of `server`. */
  readonly serverName?: string | undefined;
  /** Takes any certificate. For a laptop whose kubeconfig says so, never set by us. */
  readonly insecure?: boolean | undefined;
  /** Asked before each request, so it should remember what it read; tokens rotate. */
  readonly token?: (() => Promise<string | undefined> | string | undefined) | undefined;
}

export interface TransportOptions extends Credentials {
  readonly userAgent: string;
  readonly clock: Clock;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** Until the answer is complete; of `open`, until its head is there. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export interface OpenAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Readable;
}

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Below the 90 s after which the API server closes an idle connection. */
const IDLE_CONNECTION_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that is gone without a word is noticed 10 s after this: ten probes, one a second. */
const KEEPALIVE_DELAY_MS = 15_000;

/** HTTP to one API server over connections that stay open: authentication, deadlines and bounds, but no meaning. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #agent: Agent;
  readonly #origin: string;
  readonly #basePath: string;

  constructor(options: TransportOptions) {
    const url = new URL(options.server);
    this.#options = options;
    this.#origin = url.origin;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#agent = createAgent(options);
  }

  /** Sends a request and reads the whole answer. Throws an ApiError where none came, and the signal's reason when it was aborted. */
  async send(call: Call): Promise<Answer> {
    const deadline = startDeadline(this.#options.clock, call.timeoutMs, call.signal);
    try {
      deadline.signal.throwIfAborted();
      const { statusCode, headers, body } = await this.#dispatch(call, deadline.signal);
      return { status: statusCode, retryAfter: single(headers['retry-after']), text: await readText(body) };
    } catch (error) {
      throw failure(call, error, deadline.timedOut());
    } finally {
      deadline.clear();
    }
  }

  /** Sends a request and hands out the body as it comes, which lasts until it ends, is destroyed or the signal is aborted. */
  async open(call: Call): Promise<OpenAnswer> {
    const deadline = startDeadline(this.#options.clock, call.timeoutMs, call.signal);
    const controller = new AbortController();
    const abort = (): void => controller.abort(deadline.signal.reason);
    deadline.signal.addEventListener('abort', abort, { once: true });
    try {
      deadline.signal.throwIfAborted();
      const { statusCode, headers, body } = await this.#dispatch(call, controller.signal);
      follow(call.signal, body);
      return { status: statusCode, retryAfter: single(headers['retry-after']), body };
    } catch (error) {
      throw failure(call, error, deadline.timedOut());
    } finally {
      deadline.signal.removeEventListener('abort', abort);
      deadline.clear();
    }
  }

  /** Cuts whatever is under way. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #dispatch(call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const token = await this.#options.token?.();
    const answer = this.#agent.request({
      origin: this.#origin,
      path: this.#basePath + call.path,
      method: call.method,
      body: call.body ?? null,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal,
    });
    return unlessAborted(answer, signal);
  }
}

/** undici heeds the signal of a request only once it has a connection for it, which may take longer than the caller has. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  answer.then(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** Without a limit of connections: a pool with one never drains again after a request that undici refuses. */
function createAgent({ ca, clientCert, clientKey, serverName, insecure }: TransportOptions): Agent {
  return new Agent({
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_DELAY_MS,
      ...(ca === undefined ? {} : { ca }),
      ...(clientCert === undefined ? {} : { cert: clientCert }),
      ...(clientKey === undefined ? {} : { key: clientKey }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(insecure === true ? { rejectUnauthorized: false } : {}),
    },
  });
}

/** A body that nobody reads any more must not keep its connection once the caller has gone. */
function follow(signal: AbortSignal | undefined, body: Readable): void {
  if (signal === undefined) return;
  const destroy = (): void => {
    body.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  };
  signal.addEventListener('abort', destroy, { once: true });
  body.once('close', () => signal.removeEventListener('abort', destroy));
  if (signal.aborted) destroy();
}

async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new ApiError({ status: 0, reason: 'TooLarge', message: `the answer exceeds ${MAX_ANSWER_BYTES} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What the caller learns: its own reason when it gave up, else that there was no answer, and why. */
function failure({ method, path, signal }: Call, error: unknown, timedOut: boolean): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  const why = error instanceof Error ? error.message : String(error);
  const message = `${method} ${path}: ${why}`;
  return new ApiError({ status: 0, reason: timedOut ? 'Timeout' : 'Unreachable', message, cause: error });
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
