import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { BodyObserver, Exchange, ExchangeListener } from '../../../src/listen/exchange.ts';
import type { ConnectionTimes } from '../../../src/listen/http1/connectionOwner.ts';
import { Http1Connection } from '../../../src/listen/http1/http1Connection.ts';
import type { Reason } from '../../../src/proxy/reasons.ts';
import { RawClient } from '../../support/rawClient.ts';
import { limits } from './parse.ts';

/** An exchange as the test serves it, and what it was told. */
export interface Served {
  readonly exchange: Exchange;
  aborted: boolean;
  broken: boolean;
  drains: number;
}

/** One connection with a client on it, served by the test, on a clock that the test moves. */
export class ConnectionRig implements AsyncDisposable {
  readonly client: RawClient;
  readonly connection: Http1Connection;
  /** The gateway's side. */
  readonly socket: Socket;
  readonly served: Served[];
  readonly refused: Reason[];
  readonly #server: Server;
  readonly #owner: Owner;

  private constructor(server: Server, client: RawClient, socket: Socket, owner: Owner) {
    this.#server = server;
    this.client = client;
    this.socket = socket;
    this.#owner = owner;
    this.served = owner.served;
    this.refused = owner.refused;
    this.connection = new Http1Connection(socket, owner);
  }

  static async start(serve: (served: Served) => void): Promise<ConnectionRig> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: 65_536 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = await RawClient.connect((server.address() as AddressInfo).port);
    const [socket] = await accepted;
    return new ConnectionRig(server, client, socket, new Owner(serve));
  }

  set draining(draining: boolean) {
    this.#owner.draining = draining;
  }

  set maxConnectionAgeMs(ms: number) {
    this.#owner.maxConnectionAgeMs = ms;
  }

  /** Lets `ms` milliseconds pass, and the connection look at the time. */
  pass(ms: number, times: ConnectionTimes = { headerTimeoutMs: 10_000, idleTimeoutMs: 60_000 }): void {
    this.#owner.clock += ms;
    this.connection.check(this.#owner.clock, times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.client[Symbol.asyncDispose]();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

class Owner {
  readonly name = 'http';
  readonly limits = limits;
  readonly served: Served[] = [];
  readonly refused: Reason[] = [];
  draining = false;
  maxConnectionAgeMs = Number.POSITIVE_INFINITY;
  clock = 0;
  readonly #serve: (served: Served) => void;

  constructor(serve: (served: Served) => void) {
    this.#serve = serve;
  }

  now(): number {
    return this.clock;
  }

  onExchange(exchange: Exchange): void {
    const served: Served = { exchange, aborted: false, broken: false, drains: 0 };
    exchange.listen(listenerOf(served));
    this.served.push(served);
    this.#serve(served);
  }

  onRefused(reason: Reason): void {
    this.refused.push(reason);
  }
}

function listenerOf(served: Served): ExchangeListener {
  return {
    onAborted() {
      served.aborted = true;
    },
    onRequestBroken() {
      served.broken = true;
    },
    onDrain() {
      served.drains++;
    },
  };
}

export const unlimited: BodyObserver = { maxBodyBytes: 0, onBodyData() {}, onBodyTooLarge() {} };

/** A request without a body. */
export function get(path: string, fields = '', version = '1.1'): string {
  return `GET ${path} HTTP/${version}\r\nhost: shop\r\n${fields}\r\n`;
}

/** Answers with the path, at once. */
export function echoPath({ exchange }: Served): void {
  const body = Buffer.from(exchange.target);
  exchange.respond(200, ['content-length', String(body.length)], body, true);
}
