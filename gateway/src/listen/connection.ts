import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Peer } from './exchange.ts';

/** What a connection needs of the exchanges on it. */
export interface OpenExchange {
  readonly response: ServerResponse;
  onConnectionClosed(): void;
  /** The rest of its request is no HTTP. */
  onRequestBroken(): void;
}

const MAPPED = '::ffff:';

/** A client's connection: who is there, and what is under way on it. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  /** Exchanges without a complete answer: one, or more while requests are pipelined. */
  readonly #open: OpenExchange[] = [];
  #latest: ServerResponse | undefined;
  #idleSince: number;
  #bytesAtIdle = 0;
  #broken = false;

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

  /** How many exchanges have no complete answer yet. */
  get open(): number {
    return this.#open.length;
  }

  /** Every answer is with the kernel: what is written now cannot overtake one. */
  get free(): boolean {
    return this.#open.length === 0 && (this.#latest === undefined || this.#latest.writableFinished);
  }

  /** No request is half read. */
  get betweenRequests(): boolean {
    return this.#latest === undefined || this.#latest.req.complete;
  }

  /** No further request is taken from it: it ends with the answers under way. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Whether no answer comes after `response`, so that it may say that the connection ends. */
  isLatest(response: ServerResponse): boolean {
    return this.#latest === response;
  }

  add(exchange: OpenExchange): void {
    this.#open.push(exchange);
    this.#latest = exchange.response;
  }

  /** The answer is complete, or will never be. */
  remove(exchange: OpenExchange, now: number): void {
    const index = this.#open.lastIndexOf(exchange);
    if (index === -1) return;
    this.#open.splice(index, 1);
    if (this.#open.length > 0) return;
    this.#idleSince = now;
    this.#bytesAtIdle = this.socket.bytesRead;
  }

  /** `response` answers a request that never became an exchange, and is the last one here. */
  endWith(response: ServerResponse): void {
    this.#latest = response;
    this.endAfterAnswers();
  }

  /** Takes no further request, and ends once the answers under way are with the client. */
  endAfterAnswers(): void {
    this.#broken = true;
    const latest = this.#latest;
    if (latest === undefined || latest.writableFinished) this.socket.destroySoon();
    else latest.once('finish', () => this.socket.destroySoon());
  }

  /** What comes now is no HTTP. A request that is not complete fails; those before it are answered. */
  breakOff(): void {
    const exchange = this.#open.at(-1);
    this.endAfterAnswers();
    if (exchange !== undefined && exchange.response === this.#latest && !this.betweenRequests)
      exchange.onRequestBroken();
  }

  /** No answer is under way or being flushed, and no byte of a next request has come, for `forMs`. */
  idle(now: number, forMs: number): boolean {
    if (this.#open.length > 0 || this.socket.writableLength > 0) return false;
    return now - this.#idleSince >= forMs && this.socket.bytesRead === this.#bytesAtIdle;
  }

  #closed(): void {
    for (const exchange of this.#open.splice(0)) exchange.onConnectionClosed();
  }
}
