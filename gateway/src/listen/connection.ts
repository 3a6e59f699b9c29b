import type { Socket } from 'node:net';
import type { Peer } from './exchange.ts';

/** What a connection needs of the exchanges on it. */
export interface OpenExchange {
  onConnectionClosed(): void;
}

const MAPPED = '::ffff:';

/** A client's connection: who is there, and what is under way on it. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  /** Exchanges without a complete answer: one, or more while requests are pipelined. */
  readonly #open: OpenExchange[] = [];
  #idleSince: number;
  #bytesAtIdle = 0;
  /** Nothing more can be read from it as HTTP: it ends with the answers under way. */
  broken = false;

  constructor(socket: Socket, now: number) {
    this.socket = socket;
    this.#idleSince = now;
    const address = socket.remoteAddress ?? '';
    this.peer = {
      address: address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address,
      port: socket.remotePort ?? 0,
    };
    socket.once('close', () => this.#closed());
  }

  get busy(): boolean {
    return this.#open.length > 0;
  }

  add(exchange: OpenExchange): void {
    this.#open.push(exchange);
  }

  /** The answer is complete, or will never be. */
  remove(exchange: OpenExchange, now: number): void {
    const index = this.#open.lastIndexOf(exchange);
    if (index === -1) return;
    this.#open.splice(index, 1);
    if (this.#open.length > 0) return;
    this.#idleSince = now;
    this.#bytesAtIdle = this.socket.bytesRead;
    if (this.broken) this.socket.destroySoon();
  }

  /** No answer is under way or being flushed, and no byte of a next request has come, for `forMs`. */
  idle(now: number, forMs: number): boolean {
    if (this.busy || this.socket.writableLength > 0) return false;
    return now - this.#idleSince >= forMs && this.socket.bytesRead === this.#bytesAtIdle;
  }

  #closed(): void {
    for (const exchange of this.#open.splice(0)) exchange.onConnectionClosed();
  }
}
