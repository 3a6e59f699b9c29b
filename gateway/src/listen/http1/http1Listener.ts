import { createServer, type Server, type Socket } from 'node:net';
import type { FleetSettings } from '@evergate/contract/routeTable';
import type { Reason } from '../../proxy/reasons.ts';
import type { Exchange } from '../exchange.ts';
import type { ConnectionOwner } from './connectionOwner.ts';
import { Http1Connection } from './http1Connection.ts';

type ClientTraffic = FleetSettings['clientTraffic'];

/** What a listener tells its owner. */
export interface ListenerEvents {
  onExchange(exchange: Exchange): void;
  /** Answered here, before there was an exchange. */
  onRefused(reason: Reason): void;
  onConnectionOpened(): void;
  onConnectionClosed(): void;
}

export interface Http1ListenerOptions {
  readonly name: string;
  readonly clientTraffic: ClientTraffic;
  readonly events: ListenerEvents;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** How often connections are looked at for time-outs; each may be this late. */
const CHECK_MS = 1_000;

/** HTTP/1.1 in clear text on one port. */
export class Http1Listener implements ConnectionOwner {
  readonly name: string;
  readonly now: () => number;
  readonly #server: Server;
  readonly #events: ListenerEvents;
  readonly #connections = new Map<Socket, Http1Connection>();
  #traffic: ClientTraffic;
  #draining = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor({ name, clientTraffic, events, now }: Http1ListenerOptions) {
    this.name = name;
    this.now = now;
    this.#events = events;
    this.#traffic = clientTraffic;
    this.#server = createServer({
      // How a connection ends is ours to say.
      allowHalfOpen: true,
      highWaterMark: 65_536,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      noDelay: true,
    });
    this.#server.on('connection', (socket) => this.#open(socket));
    // Errors of a bound socket (out of descriptors, say): the next accept may work again.
    this.#server.on('error', () => {});
  }

  get draining(): boolean {
    return this.#draining;
  }

  get limits(): ClientTraffic {
    return this.#traffic;
  }

  get maxConnectionAgeMs(): number {
    return this.#traffic.maxConnectionAgeMs ?? Number.POSITIVE_INFINITY;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Takes over limits; they hold for new connections and for the next request on others. */
  configure(traffic: ClientTraffic): void {
    this.#traffic = traffic;
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
    this.#server.close();
  }

  /** Ends connections that have been idle for `forMs`. */
  closeIdle(forMs: number): void {
    const now = this.now();
    for (const connection of this.#connections.values()) connection.closeIfIdle(now, forMs);
  }

  /** Ends everything at once. */
  destroy(): void {
    clearInterval(this.#sweeper);
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  onExchange(exchange: Exchange): void {
    this.#events.onExchange(exchange);
  }

  onRefused(reason: Reason): void {
    this.#events.onRefused(reason);
  }

  #open(socket: Socket): void {
    const connection = new Http1Connection(socket, this);
    this.#connections.set(socket, connection);
    this.#events.onConnectionOpened();
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#events.onConnectionClosed();
    });
    if (this.#connections.size > this.#traffic.maxConnections) connection.refuse('TooManyConnections');
  }

  #sweep(): void {
    const now = this.now();
    for (const connection of this.#connections.values()) connection.check(now, this.#traffic);
    if (!this.#server.listening && this.#connections.size === 0) clearInterval(this.#sweeper);
  }
}
