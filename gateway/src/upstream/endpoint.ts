import { UpstreamConnection } from './connection.ts';
import { EndpointHealth, type HealthOwner } from './endpointHealth.ts';

const MAX_IDLE_CONNECTIONS = 1024;
const UNUSED_MS = 15_000;

/** What an endpoint asks of its backend. */
export interface EndpointOwner extends HealthOwner {
  readonly connectTimeoutMs: number;
  /** A connection is about to be opened: one that is idle elsewhere may have to go. */
  onConnectionOpening(): void;
  onConnectionClosed(): void;
}

/**
 * One address of a backend, our connections to it and what is known of its health. Lives as long as the address stands in the endpoints
 * document, whichever routes use it and however often they are reloaded.
 */
export class UpstreamEndpoint {
  readonly address: string;
  readonly port: number;
  /** `address:port`, IPv6 in brackets. */
  readonly authority: string;
  readonly health: EndpointHealth;
  /** Where it runs, as far as known. */
  zone: string | undefined;
  readonly #origin: string;
  readonly #owner: EndpointOwner;
  readonly #idle: UpstreamConnection[] = [];
  #retired = false;
  /** Requests that were given to it and have not ended. */
  inFlight = 0;

  constructor(address: string, port: number, owner: EndpointOwner) {
    this.address = address;
    this.port = port;
    this.authority = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    this.#origin = `http://${this.authority}`;
    this.#owner = owner;
    this.health = new EndpointHealth(owner);
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  get retired(): boolean {
    return this.#retired;
  }

  /** The connection used last, or a new one. Give it back with `release`. */
  acquire(now: number): UpstreamConnection {
    const connection = this.#idle.pop();
    if (connection === undefined) return this.connect(now);
    this.inFlight++;
    connection.usedAt = now;
    return connection;
  }

  /** A new connection, whatever is idle. Give it back with `release`. */
  connect(now: number): UpstreamConnection {
    this.#owner.onConnectionOpening();
    this.inFlight++;
    const connection = new UpstreamConnection(this.#origin, this.#owner.connectTimeoutMs);
    connection.usedAt = now;
    return connection;
  }

  /** Takes back what `acquire` or `connect` gave. A connection in doubt is not kept. */
  release(connection: UpstreamConnection, reusable: boolean): void {
    this.inFlight--;
    if (!reusable || this.#retired || this.#idle.length >= MAX_IDLE_CONNECTIONS) return this.#drop(connection);
    this.#idle.push(connection);
  }

  /** Ends the connection that was idle longest; false where none is. */
  dropIdle(): boolean {
    const connection = this.#idle.shift();
    if (connection !== undefined) this.#drop(connection);
    return connection !== undefined;
  }

  /** Drops connections that nobody needed for a while; the oldest stand first. */
  sweep(now: number): void {
    let unused = 0;
    while (unused < this.#idle.length && now - (this.#idle[unused] as UpstreamConnection).usedAt > UNUSED_MS) unused++;
    for (const connection of this.#idle.splice(0, unused)) this.#drop(connection);
  }

  /** The address is gone: idle connections end now, busy ones when their request does. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) this.#drop(connection);
  }

  #drop(connection: UpstreamConnection): void {
    connection.destroy();
    this.#owner.onConnectionClosed();
  }
}
