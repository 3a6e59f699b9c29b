import { UpstreamConnection } from './connection.ts';

const MAX_IDLE_CONNECTIONS = 1024;
const UNUSED_MS = 15_000;
/** After a failed connect one request a second tries again; the others go elsewhere. */
const RETRY_CONNECT_MS = 1_000;

/**
 * One address of a backend and our connections to it. Lives as long as the address stands in the endpoints document, whichever
 * routes use it and however often they are reloaded.
 */
export class UpstreamEndpoint {
  readonly address: string;
  readonly port: number;
  /** `address:port`, IPv6 in brackets. */
  readonly authority: string;
  readonly #origin: string;
  readonly #connectTimeoutMs: () => number;
  readonly #idle: UpstreamConnection[] = [];
  #retired = false;
  /** Requests that were given to it and have not ended. */
  inFlight = 0;
  /** When the latest attempt to connect failed, in milliseconds of the wheel's clock; undefined after one that succeeded. */
  connectFailedAt: number | undefined;

  constructor(address: string, port: number, connectTimeoutMs: () => number) {
    this.address = address;
    this.port = port;
    this.authority = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    this.#origin = `http://${this.authority}`;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  get idleConnections(): number {
    return this.#idle.length;
  }

  /** Whether a request may be sent there as far as connecting goes. */
  mayConnect(now: number): boolean {
    return this.connectFailedAt === undefined || now - this.connectFailedAt >= RETRY_CONNECT_MS;
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
    this.inFlight++;
    const connection = new UpstreamConnection(this.#origin, this.#connectTimeoutMs());
    connection.usedAt = now;
    return connection;
  }

  /** Takes back what `acquire` or `connect` gave. A connection in doubt is not kept. */
  release(connection: UpstreamConnection, reusable: boolean): void {
    this.inFlight--;
    if (!reusable || this.#retired || this.#idle.length >= MAX_IDLE_CONNECTIONS) return connection.destroy();
    this.#idle.push(connection);
  }

  /** Drops connections that nobody needed for a while; the oldest stand first. */
  sweep(now: number): void {
    let unused = 0;
    while (unused < this.#idle.length && now - (this.#idle[unused] as UpstreamConnection).usedAt > UNUSED_MS) unused++;
    for (const connection of this.#idle.splice(0, unused)) connection.destroy();
  }

  /** The address is gone: idle connections end now, busy ones when their request does. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
