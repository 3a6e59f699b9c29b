import type { Duplex, Readable } from 'node:stream';

/** Who is on the other end of the connection. */
export interface Peer {
  /** The socket's remote address, IPv4-mapped IPv6 written as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** Header fields as a flat list: name, value, name, value. Names keep the case they came in. */
export type HeaderList = readonly string[];

/**
 * What an exchange tells whoever serves it. At most one of `onAborted` and the end of the response happens.
 */
export interface ExchangeListener {
  /** The client went away, or its connection broke, before the response was complete. */
  onAborted(): void;
  /** The rest of the request is no HTTP; an answer is still possible. */
  onRequestBroken(): void;
  /** The client took what was buffered: writing may go on. */
  onDrain(): void;
}

/** Sees a request's body pass. */
export interface BodyObserver {
  /** Bytes; 0 is no limit. A body that declares more is refused before `body` is called. */
  readonly maxBodyBytes: number;
  onBodyData(chunk: Buffer): void;
  /** More than `maxBodyBytes` came; the body was destroyed. */
  onBodyTooLarge(): void;
}

/**
 * One request and the answer to it, whichever protocol carries them. The request path depends on this alone.
 *
 * Answer with exactly one of: `respond` (then `write`* and `end`), `upgrade`, `abort`.
 */
export interface Exchange {
  readonly method: string;
  /** The request-target in origin form, as sent: path and query. Validated: starts with `/`, no control characters, no fragment. */
  readonly target: string;
  /** Validated `host[:port]`, as sent. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  readonly version: '1.0' | '1.1' | '2';
  readonly headers: HeaderList;
  /** Bytes that will come: a number when the length was declared, undefined when it is chunked, 0 without a body. */
  readonly bodyLength: number | undefined;
  /**
   * The request's body; undefined without one. Call it once, when the request is going to be sent: it asks for the body where the client
   * waits for `100 Continue`. Destroying it leaves the connection to the client alone.
   */
  body(observer: BodyObserver): Readable | undefined;
  readonly peer: Peer;
  /** Name of the listener in the route table. */
  readonly listener: string;
  /** The `Upgrade` header's value when the client asks to switch protocols (HTTP/1.1 only). */
  readonly upgradeProtocol: string | undefined;

  /** Who hears of aborts and drains; set before any await. A later one takes the place of the one before. */
  listen(listener: ExchangeListener): void;
  /** Sends an informational response (RFC 9110 15.2); dropped where the client cannot take one. */
  inform(status: number, headers: HeaderList): void;
  /**
   * Sends the head, in one write with `firstChunk` where given. `end` says that `firstChunk` is the whole body. `headers` have names in lower
   * case, and say nothing of the connection, nor of how the body is framed but its length. Returns false when the client should drain first.
   */
  respond(status: number, headers: HeaderList, firstChunk?: Uint8Array, end?: boolean): boolean;
  /** Returns false when the client should drain first. */
  write(chunk: Uint8Array): boolean;
  end(trailers?: HeaderList): void;
  /** Sends 101 and hands over the connection, with whatever the client sent early. */
  upgrade(headers: HeaderList): Duplex;
  /** Cuts the connection (or the stream), so that the client sees that the answer is broken. */
  abort(): void;
}
