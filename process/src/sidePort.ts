import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from './log.ts';

/** One path of a side port. */
export interface SideHandler {
  /** The methods it answers. */
  readonly methods: readonly ('GET' | 'HEAD' | 'POST')[];
  /** Answers. `signal` aborts when the client went away or the time is over. What it throws becomes a 500. */
  serve(response: ServerResponse, signal: AbortSignal): Promise<void> | void;
}

export interface SidePortOptions {
  /** Of log lines: `status` or `admin`. */
  readonly name: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly handlers: Readonly<Record<string, SideHandler>>;
  /** Why a request is not answered at all; undefined where it may be. */
  readonly refuse?: (request: IncomingMessage) => string | undefined;
  /** Further ones are dropped, and idle ones closed, so that the next finds room. */
  readonly maxConnections: number;
  /** How long one answer may take, from the request's head to the last byte read. */
  readonly answerTimeoutMs: number;
  readonly log: Logger;
}

/**
 * A small HTTP/1.1 server beside the data port. Everything of it is bounded, and nothing that a client does, or that a handler throws,
 * reaches the process.
 */
export class SidePort {
  readonly #options: SidePortOptions;
  readonly #server: Server;

  constructor(options: SidePortOptions) {
    this.#options = options;
    this.#server = createServer({
      maxHeaderSize: 8_192,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 5_000,
    });
    this.#server.maxConnections = options.maxConnections;
    this.#server.maxRequestsPerSocket = 1_000;
    this.#server.on('request', (request, response) => this.#answer(request, response));
    this.#server.on('clientError', (_, socket) => refuseBroken(socket as Socket));
    // Those that only keep a connection warm make room for the next probe.
    this.#server.on('drop', () => this.#server.closeIdleConnections());
    this.#server.on('error', (error) => this.#warn('side port failed', error));
  }

  /** Resolves to the port once it listens; rejects where the address cannot be had. */
  async listen(): Promise<number> {
    const { host, port, name } = this.#options;
    this.#server.listen({ host, port });
    await once(this.#server, 'listening').catch((cause: unknown) => {
      throw new Error(`the ${name} port cannot listen on ${host}:${port}`, { cause });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and cuts what is open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', ignoreBroken);
    response.on('error', ignoreBroken);
    const over = new AbortController();
    const timer = setTimeout(() => response.destroy(), this.#options.answerTimeoutMs).unref();
    response.once('close', () => {
      clearTimeout(timer);
      over.abort();
    });
    this.#serve(request, response, over.signal).catch((error: unknown) => {
      if (over.signal.aborted) return;
      this.#warn('side port handler failed', error);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'this answer failed; see the log');
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const refusal = this.#options.refuse?.(request);
    if (refusal !== undefined) return sendText(response, 403, refusal);
    const { handlers } = this.#options;
    const path = (request.url ?? '').split('?', 1)[0] as string;
    const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    if (handler === undefined)
      return sendText(response, 404, `not found; here are ${Object.keys(handlers).join(', ')}`);
    if (!handler.methods.some((method) => method === request.method)) {
      const allowed = handler.methods.join(', ');
      response.setHeader('allow', allowed);
      return sendText(response, 405, `${path} answers ${allowed}`);
    }
    await handler.serve(response, signal);
  }

  #warn(message: string, error: unknown): void {
    this.#options.log.warn(message, { port: this.#options.name, error: String(error) });
  }
}

/** Answers one line of text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
}

/** Answers a small JSON document; large ones are streamed (`slicedWriter.ts`). */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

/** Bytes that are no request. After an answer, or within one, a 400 would be taken for a part of it. */
function refuseBroken(socket: Socket): void {
  if (socket.writable && socket.bytesWritten === 0)
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  else socket.destroy();
}

/** The answer's `close` event says all there is to know. */
function ignoreBroken(): void {}
