import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { FleetSettings } from '@evergate/contract/routeTable';
import { problemBody, problemHeaders, type Reason, reasons } from '../proxy/reasons.ts';
import { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { lingerOnClose } from './lingeringClose.ts';
import { type ListenerState, NodeExchange } from './nodeExchange.ts';
import { rawAnswer, reasonOf } from './rawAnswer.ts';
import { readHead } from './requestHead.ts';

type ClientTraffic = FleetSettings['clientTraffic'];

/** What the listener tells its owner. */
export interface HttpListenerEvents {
  onExchange(exchange: Exchange): void;
  /** Answered here, before there was an exchange. */
  onRefused(reason: Reason): void;
  onConnectionOpened(): void;
  onConnectionClosed(): void;
}

export interface HttpListenerOptions {
  readonly name: string;
  readonly clientTraffic: ClientTraffic;
  readonly events: HttpListenerEvents;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** How often connections are looked at for time-outs; each may be this late. */
const CHECK_MS = 1_000;
/** Requests of one connection that may wait for their answers at once. */
const MAX_PIPELINED = 100;

/** HTTP/1.1 in clear text on one port, on node:http. */
export class HttpListener implements ListenerState {
  readonly name: string;
  readonly #server: Server;
  readonly #events: HttpListenerEvents;
  readonly #now: () => number;
  readonly #connections = new Map<Socket, Connection>();
  #traffic: ClientTraffic;
  #draining = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: HttpListenerOptions) {
    this.name = options.name;
    this.#events = options.events;
    this.#now = options.now;
    this.#traffic = options.clientTraffic;
    this.#server = createServer({
      connectionsCheckingInterval: CHECK_MS,
      requestTimeout: 0,
      // Host, its absence included, is judged by `readHead`.
      requireHostHeader: false,
      insecureHTTPParser: false,
      optimizeEmptyRequests: true,
      highWaterMark: 65_536,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      noDelay: true,
      shouldUpgradeCallback: (request) => mayUpgrade(request) && this.#connections.get(request.socket)?.free === true,
    });
    this.configure(options.clientTraffic);
    this.#attach();
  }

  get draining(): boolean {
    return this.#draining;
  }

  get connections(): number {
    return this.#connections.size;
  }

  now(): number {
    return this.#now();
  }

  /** Takes over limits; they hold for new connections and for the next request on others. */
  configure(traffic: ClientTraffic): void {
    this.#traffic = traffic;
    this.#server.headersTimeout = traffic.headerTimeoutMs;
    // Ours: `#sweep` looks at all connections once a second, where node:http sets a timer after every answer.
    this.#server.keepAliveTimeout = 0;
    // Counted by `readHead`; node:http would drop what exceeds its own count without a word.
    this.#server.maxHeadersCount = 0;
    // Read by node:http for each connection; not in its types.
    Object.assign(this.#server, { maxHeaderSize: traffic.maxHeaderBytes });
  }

  /** Binds. Rejects where the port is taken. Resolves with the port, which matters when 0 was asked for. */
  listen(port: number, host: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once('error', reject);
    this.#server.listen({ port, host, backlog: 4096 }, () => {
      this.#server.off('error', reject);
      this.#sweeper = setInterval(() => this.#sweep(), CHECK_MS).unref();
      const bound = this.#server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
    return promise;
  }

  /** From now on every answer says `Connection: close`. */
  announceClose(): void {
    this.#draining = true;
  }

  /** Takes no new connection. Those that are open stay: closing an idle one could meet a request that is on its way. */
  stopAccepting(): void {
    // http.Server's own close() would also end idle connections.
    NetServer.prototype.close.call(this.#server);
  }

  /** Ends connections that have been idle for `forMs`. */
  closeIdle(forMs: number): void {
    const now = this.#now();
    for (const connection of this.#connections.values())
      if (connection.idle(now, forMs)) connection.socket.destroySoon();
  }

  /** Ends everything at once. */
  destroy(): void {
    clearInterval(this.#sweeper);
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #sweep(): void {
    this.closeIdle(this.#traffic.idleTimeoutMs);
    if (!this.#server.listening && this.#connections.size === 0) clearInterval(this.#sweeper);
  }

  #attach(): void {
    const server = this.#server;
    server.on('connection', (socket) => this.#open(socket));
    server.on('request', (request, response) => this.#begin(request, response));
    server.on('checkContinue', (request, response) => this.#begin(request, response, { expectsContinue: true }));
    server.on('checkExpectation', (_request, response) => this.#refuse(response, 'ExpectationFailed'));
    server.on('upgrade', (request, _socket, head) => this.#beginUpgrade(request, head));
    server.on('connect', (request) => this.#refuseConnect(request.socket));
    server.on('clientError', (error, socket) => this.#clientError(error, socket as Socket));
    // Errors of a bound socket (out of descriptors, say): the next accept may work again.
    server.on('error', () => {});
  }

  #open(socket: Socket): void {
    const connection = new Connection(socket, this.#now());
    this.#connections.set(socket, connection);
    this.#events.onConnectionOpened();
    // After an upgrade or a parse error nobody else listens, and an error without a listener ends the process.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#events.onConnectionClosed();
    });
    if (this.#connections.size > this.#traffic.maxConnections) this.#refuseRaw(connection, 'TooManyConnections');
  }

  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    special?: { readonly expectsContinue?: boolean; readonly maySwitch?: boolean },
  ): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.broken) return;
    if (connection.open >= MAX_PIPELINED) return connection.endAfterAnswers();
    const head = readHead(request.httpVersion, request.url as string, request.rawHeaders, this.#traffic);
    if (typeof head === 'string') return this.#refuse(response, head);
    this.#events.onExchange(new NodeExchange(request, response, head, connection, this, special));
  }

  #beginUpgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => {
      response.detachSocket(socket);
      socket.destroySoon();
    });
    // node:http has taken its own listeners off.
    socket.on('drain', () => response.emit('drain'));
    if (head.length > 0) socket.unshift(head);
    this.#begin(request, response, { maySwitch: true });
  }

  #refuse(response: ServerResponse, reason: Reason): void {
    const { socket } = response.req;
    this.#events.onRefused(reason);
    response.shouldKeepAlive = false;
    lingerOnClose(socket);
    this.#connections.get(socket)?.endWith(response);
    response.writeHead(reasons[reason].status, problemHeaders(reason));
    response.end(problemBody(reason));
  }

  /** Answers where node:http has no response object to give, and no answer is under way. */
  #refuseRaw(connection: Connection, reason: Reason): void {
    const { socket } = connection;
    this.#events.onRefused(reason);
    if (!socket.writable) return void socket.destroy();
    lingerOnClose(socket);
    socket.write(rawAnswer(reason));
    connection.endAfterAnswers();
  }

  /** node:http has let go of the connection: answers that are under way could not go on. */
  #refuseConnect(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.free === true && !connection.broken) this.#refuseRaw(connection, 'MethodNotSupported');
    else socket.destroy();
  }

  /** A connection failed, or its next bytes are no request; every further piece of such bytes is reported again. */
  #clientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    const isGone = error.code === 'ECONNRESET' || (error.code === 'HPE_INVALID_EOF_STATE' && connection?.free !== true);
    if (connection === undefined || isGone) socket.destroy();
    else if (connection.broken) return;
    else if (connection.free && connection.betweenRequests) this.#refuseRaw(connection, reasonOf(error.code));
    else connection.breakOff();
  }
}

/** Only what can become a tunnel is treated as an upgrade; other requests go on without their `Upgrade` field (RFC 9110 7.8). */
function mayUpgrade(request: IncomingMessage): boolean {
  if (request.method !== 'GET' || request.httpVersion !== '1.1') return false;
  const protocol = (request.headers.upgrade ?? '').toLowerCase();
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  return !hasBody && protocol !== '' && !protocol.startsWith('h2c') && !protocol.startsWith('tls/');
}
