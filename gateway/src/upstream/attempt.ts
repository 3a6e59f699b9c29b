import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { UpstreamConnection } from './connection.ts';
import type { UpstreamEndpoint } from './endpoint.ts';

/** Header fields of a response: lower-case names, a list where a field came several times. */
export type ResponseFields = Readonly<Record<string, string | string[] | undefined>>;

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Flat list, names in lower case, no hop-by-hop field; `host` and, for a declared length, `content-length` included. */
  readonly headers: string[];
  readonly body: Readable | Uint8Array | undefined;
  /** The protocol to switch to. */
  readonly upgrade: string | undefined;
}

/**
 * How far a failed attempt came, which decides what may be retried. `Unsent`: not a byte of the request went out. `NoHead`: it was
 * sent, at least in part, and no final head came back. `BodyBroken`: the response broke off after its head. `Refused`: undici would not
 * take the request although we had validated it, a gap in our validation.
 */
export type Failure = 'Unsent' | 'NoHead' | 'BodyBroken' | 'Refused';

/** Hears how an attempt goes. After `onEnd`, `onUpgrade` or `onFailed` nothing more comes. */
export interface AttemptListener {
  onInform(status: number, headers: ResponseFields): void;
  onHead(status: number, headers: ResponseFields): void;
  onData(chunk: Buffer): void;
  /** All that had come was told; more may come later. */
  onQuiet(): void;
  onEnd(trailers: ResponseFields): void;
  onUpgrade(status: number, headers: ResponseFields, socket: Duplex): void;
  onFailed(failure: Failure, error: Error): void;
}

/** `servername` is missing in undici's types. Without it undici takes the Host apart for each request, to look for a TLS server name. */
type DispatchOptions = Dispatcher.DispatchOptions & { readonly servername: string };

const REFUSED_CODES: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

const noFields: ResponseFields = {};

/** One try of one request at one endpoint. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly endpoint: UpstreamEndpoint;
  #listener: AttemptListener;
  readonly #clock: () => number;
  #connection: UpstreamConnection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #headReceived = false;
  #fields: ResponseFields = noFields;
  #reused = false;
  #responseStarted = false;
  #ended = false;

  constructor(endpoint: UpstreamEndpoint, listener: AttemptListener, clock: () => number) {
    this.endpoint = endpoint;
    this.#listener = listener;
    this.#clock = clock;
  }

  /** Whether there was a connection for it, so that bytes may have gone out. */
  get started(): boolean {
    return this.#controller !== undefined;
  }

  /** Whether it went out on a connection that had carried a request before. */
  get reusedConnection(): boolean {
    return this.#reused;
  }

  /** Whether it may have met a kept connection that was being closed: such a one was used before, and not a byte came back. */
  get metStaleConnection(): boolean {
    return this.#reused && !this.#responseStarted;
  }

  /** Sends it, at `now` on the caller's clock; `afresh` on a new connection. */
  send(request: UpstreamRequest, now: number, afresh = false): void {
    const connection = afresh ? this.endpoint.connect(now) : this.endpoint.acquire(now);
    this.#connection = connection;
    const { method, path, headers, body } = request;
    const options: DispatchOptions = {
      method: method as Dispatcher.HttpMethod,
      path,
      headers,
      body: body ?? null,
      servername: this.endpoint.address,
    };
    // A HEAD or an upgrade would otherwise cost the connection (undici closes it after each).
    if (method === 'HEAD') options.reset = false;
    if (request.upgrade !== undefined) options.upgrade = request.upgrade;
    try {
      connection.dispatch(options, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  /** Gives up; the listener hears nothing more. */
  abort(): void {
    if (this.#ended) return;
    const controller = this.#controller;
    this.#finish(false);
    controller?.abort(new Error('attempt aborted'));
  }

  /**
   * Nobody wants the response whose head has come. What came of its body with the head is dropped, and where that is all of it the
   * connection is kept.
   */
  discard(): void {
    this.#listener = new Discard(this);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) return controller.abort(new Error('attempt aborted'));
    this.#controller = controller;
    const { health } = this.endpoint;
    if (health.connectFailedAt !== undefined) health.connected(this.#clock());
    const connection = this.#connection as UpstreamConnection;
    this.#reused = connection.uses > 0;
    connection.requestStarted();
  }

  onResponseStarted(): void {
    this.#responseStarted = true;
  }

  onResponseStart(_controller: unknown, status: number, headers: ResponseFields): void {
    if (this.#ended) return;
    if (status < 200) return this.#listener.onInform(status, headers);
    // Thrown, it ends the connection: what is coded in another way than in chunks would go on without saying so.
    if (isForeignCoding(headers['transfer-encoding']))
      throw new Error('the response has a transfer coding besides chunked');
    this.#headReceived = true;
    this.#fields = headers;
    this.#listener.onHead(status, headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (!this.#ended) this.#listener.onData(chunk);
  }

  /** The connection's bytes are all parsed for now. */
  onExhausted(): void {
    if (!this.#ended && this.#headReceived) this.#listener.onQuiet();
  }

  onResponseEnd(_controller: unknown, trailers: ResponseFields): void {
    if (this.#ended) return;
    if (this.#connection?.failed === true && endsWithConnection(this.#fields))
      return this.onResponseError(undefined, new Error('the connection was reset in the middle of a response'));
    this.#finish(true);
    this.#listener.onEnd(trailers);
  }

  onRequestUpgrade(_controller: unknown, status: number, headers: ResponseFields, socket: Duplex): void {
    this.#connection?.upgraded();
    if (this.#ended) {
      socket.destroy();
      return;
    }
    this.#finish(false);
    this.#listener.onUpgrade(status, headers, socket);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#ended) return;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!this.started && isConnectFailure(code)) this.endpoint.health.connectFailed(this.#clock());
    this.#finish(false);
    this.#listener.onFailed(this.#failureOf(code), error);
  }

  #failureOf(code: string): Failure {
    if (REFUSED_CODES.has(code)) return 'Refused';
    if (!this.started) return 'Unsent';
    return this.#headReceived ? 'BodyBroken' : 'NoHead';
  }

  #finish(reusable: boolean): void {
    this.#ended = true;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) this.endpoint.release(connection, reusable);
  }
}

/** Hears the rest of a response that came at once, and gives up where there is more. */
class Discard implements AttemptListener {
  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  onInform(): void {}
  onHead(): void {}
  onData(): void {}
  onEnd(): void {}
  onFailed(): void {}

  onQuiet(): void {
    this.#attempt.abort();
  }

  onUpgrade(_status: number, _headers: ResponseFields, socket: Duplex): void {
    socket.destroy();
  }
}

/** Whether nothing but the end of the connection says that a response is complete (RFC 9112 6.3). */
function endsWithConnection(fields: ResponseFields): boolean {
  return fields['content-length'] === undefined && fields['transfer-encoding'] === undefined;
}

function isForeignCoding(coding: string | string[] | undefined): boolean {
  return coding !== undefined && coding !== 'chunked' && String(coding).toLowerCase() !== 'chunked';
}

/** A system error (`ECONNREFUSED`, `EHOSTUNREACH`, ...) or undici's time-out. */
function isConnectFailure(code: string): boolean {
  return code === 'UND_ERR_CONNECT_TIMEOUT' || /^E[A-Z]+$/.test(code);
}
