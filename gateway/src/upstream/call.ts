import { Attempt, type AttemptListener, type Failure, type ResponseFields } from './attempt.ts';
import type { Backend } from './backend.ts';

/** A request of the gateway's own, without a body. */
export interface CallRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Flat, names in lower case, without `host`. */
  readonly headers: readonly string[];
  readonly timeoutMs: number;
  /** A longer response counts as none. */
  readonly maxBodyBytes: number;
}

export interface CallResponse {
  readonly status: number;
  readonly fields: ResponseFields;
  readonly body: Buffer;
}

/** Tries of one call: a connection that cannot be made, or was closed while it was idle, says nothing of the backend yet. */
const MAX_TRIES = 3;

/** Sends a request of the gateway's own and reads the whole response. Rejects with an Error where none came in time. */
export function call(backend: Backend, request: CallRequest): Promise<CallResponse> {
  return new Call(backend, request).start();
}

class Call implements AttemptListener {
  readonly #backend: Backend;
  readonly #request: CallRequest;
  readonly #answer = Promise.withResolvers<CallResponse>();
  readonly #chunks: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #attempt: Attempt | undefined;
  #tries = 0;
  #bytes = 0;
  #status = 0;
  #fields: ResponseFields = {};

  constructor(backend: Backend, request: CallRequest) {
    this.#backend = backend;
    this.#request = request;
    this.#timer = setTimeout(() => this.#onTimeout(), request.timeoutMs).unref();
  }

  start(): Promise<CallResponse> {
    this.#try(false);
    return this.#answer.promise;
  }

  onInform(): void {}
  onQuiet(): void {}

  onHead(status: number, fields: ResponseFields): void {
    this.#status = status;
    this.#fields = fields;
    const { endpoint } = this.#attempt as Attempt;
    this.#backend.answered(endpoint, status, performance.now());
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#request.maxBodyBytes) this.#fail('the response is longer than it may be');
    else this.#chunks.push(chunk);
  }

  onEnd(): void {
    clearTimeout(this.#timer);
    this.#answer.resolve({ status: this.#status, fields: this.#fields, body: Buffer.concat(this.#chunks) });
  }

  onUpgrade(_status: number, _fields: ResponseFields, socket: { destroy(): void }): void {
    socket.destroy();
    this.#fail('the response switched protocols');
  }

  onFailed(failure: Failure): void {
    const attempt = this.#attempt as Attempt;
    if (failure !== 'Unsent') this.#backend.failed(attempt.endpoint, 'Reset', performance.now());
    const isHarmless = failure === 'Unsent' || attempt.metStaleConnection;
    if (isHarmless && this.#tries < MAX_TRIES) this.#try(failure !== 'Unsent');
    else this.#fail(`no response came (${failure})`);
  }

  #try(afresh: boolean): void {
    const now = performance.now();
    const endpoint = this.#backend.pick(now, 0, this.#attempt === undefined ? undefined : [this.#attempt.endpoint]);
    if (endpoint === undefined) return this.#fail('the backend has no endpoint that may be asked');
    this.#tries++;
    this.#attempt = new Attempt(endpoint, this, () => performance.now());
    const { method, path, headers } = this.#request;
    const fields = [...headers, 'host', endpoint.authority];
    this.#attempt.send({ method, path, headers: fields, body: undefined, upgrade: undefined }, now, afresh);
  }

  #onTimeout(): void {
    const endpoint = this.#attempt?.endpoint;
    if (endpoint !== undefined) this.#backend.failed(endpoint, 'Timeout', performance.now());
    this.#fail('no response came in time');
  }

  #fail(what: string): void {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    this.#answer.reject(new Error(`${this.#backend.id}: ${what}`));
  }
}
