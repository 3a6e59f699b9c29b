import { type Dispatcher, Pool } from 'undici';
import type { Timers } from '../reload/timers.ts';
import type { ServiceAccount } from './serviceAccount.ts';

const CONNECT_MS = 3_000;
/** A whole answer, or the head of a stream. */
const ANSWER_MS = 10_000;
/** Watches keep one each; reads of parts come one at a time a document. */
const MAX_CONNECTIONS = 16;
const LIMIT_BYTES = 8 * 1_048_576;
const MAX_RETRY_AFTER_MS = 30_000;

/** The API server answered, but not with what was asked for. */
export class ApiError extends Error {
  readonly status: number;
  /** How long it asks to be left alone, in milliseconds; 0 where it does not. */
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ApiClientOptions {
  /** `https://host:port`. */
  readonly server: string;
  readonly account: ServiceAccount;
  readonly timers: Timers;
}

/** Reads from the API server, with a pod's own credentials. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  #pool: { readonly authorities: string; readonly pool: Pool } | undefined;
  #closed = false;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** The JSON at `path`, within `limitMs`. Rejects with an `ApiError` for an answer other than 200, else with what hindered it. */
  async get(path: string, signal: AbortSignal, limitMs: number = ANSWER_MS): Promise<unknown> {
    const deadline = new AbortController();
    const cancel = this.#options.timers.after(limitMs, () => deadline.abort(tooSlow(limitMs)));
    try {
      return JSON.parse(await collect(await this.#request(path, AbortSignal.any([signal, deadline.signal]))));
    } finally {
      cancel();
    }
  }

  /** Opens a stream that lasts until its end, an error or `signal`. Its chunks must be read, or `signal` aborted. */
  async open(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const opening = new AbortController();
    const cancel = this.#options.timers.after(ANSWER_MS, () => opening.abort(tooSlow(ANSWER_MS)));
    try {
      return await this.#request(path, AbortSignal.any([signal, opening.signal]));
    } finally {
      cancel();
    }
  }

  /** Ends every request. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool?.pool.destroy();
  }

  /** Once more after a 401: the token may have been replaced, or the one that was read may have ended. */
  async #request(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    try {
      return await this.#attempt(path, signal);
    } catch (error) {
      this.#options.account.distrust();
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      return this.#attempt(path, signal);
    }
  }

  async #attempt(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const { account } = this.#options;
    const [pool, token] = await Promise.all([this.#connected(), account.token()]);
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'evergate-gateway' };
    const response = await pool.request({ method: 'GET', path, headers, signal });
    if (response.statusCode === 200) return response.body;
    throw await refusal(response);
  }

  /** Connections to the server, new ones where it has other authorities than before; streams on the old ones go on. */
  async #connected(): Promise<Pool> {
    const { server, account } = this.#options;
    const authorities = server.startsWith('https:') ? await account.authorities() : '';
    if (this.#closed) throw new Error('the client is closed');
    if (this.#pool?.authorities === authorities) return this.#pool.pool;
    const old = this.#pool?.pool;
    const pool = new Pool(server, {
      connect: { ca: authorities, timeout: CONNECT_MS },
      connections: MAX_CONNECTIONS,
      allowH2: false,
      headersTimeout: ANSWER_MS,
      bodyTimeout: 0,
    });
    this.#pool = { authorities, pool };
    old?.close().catch(() => {});
    return pool;
  }
}

function tooSlow(limitMs: number): Error {
  return new Error(`gave no answer within ${limitMs} ms`);
}

async function collect(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new Error(`answered more than ${LIMIT_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<ApiError> {
  const { message } = (await parsed(body)) as { readonly message?: unknown };
  const said = typeof message === 'string' ? `: ${message.slice(0, 300)}` : '';
  const seconds = Number(headers['retry-after'] ?? 0);
  const retryAfterMs = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1_000, MAX_RETRY_AFTER_MS) : 0;
  return new ApiError(statusCode, `answered ${statusCode}${said}`, retryAfterMs);
}

/** What the body of an error says, if it is a `Status`. */
async function parsed(body: AsyncIterable<Buffer>): Promise<object> {
  try {
    const value: unknown = JSON.parse(await collect(body));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
