import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Connection, OpenExchange } from './connection.ts';
import type { BodyObserver, Exchange, ExchangeListener, HeaderList, Peer } from './exchange.ts';
import { destroyWhenLeft } from './leaving.ts';
import { lingerOnClose } from './lingeringClose.ts';
import { RequestBody } from './requestBody.ts';
import type { RequestHead } from './requestHead.ts';

/** An answer that comes before a body of at most this size was read lets the body be read and dropped; else the connection ends. */
const DRAIN_BYTES = 65_536;

const SHORT_BODY_BYTES = 2_048;

/** What the listener knows and an exchange needs. */
export interface ListenerState {
  readonly name: string;
  /** Every answer says `Connection: close`. */
  readonly draining: boolean;
  now(): number;
}

/** An exchange over node:http's server side. */
export class NodeExchange implements Exchange, OpenExchange {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly scheme = 'http';
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderList;
  readonly bodyLength: number | undefined;
  readonly upgradeProtocol: string | undefined;
  readonly response: ServerResponse;
  readonly #request: IncomingMessage;
  readonly #connection: Connection;
  readonly #state: ListenerState;
  #listener: ExchangeListener | undefined;
  #body: RequestBody | undefined;
  #expectsContinue: boolean;
  #hearsDrain = false;
  #stopWatching: (() => void) | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    connection: Connection,
    state: ListenerState,
    special?: { readonly expectsContinue?: boolean; readonly maySwitch?: boolean },
  ) {
    this.method = request.method as string;
    this.target = head.target;
    this.authority = head.authority;
    this.version = request.httpVersionMinor === 0 ? '1.0' : '1.1';
    this.headers = request.rawHeaders;
    this.bodyLength = head.bodyLength;
    this.upgradeProtocol = special?.maySwitch === true ? head.upgradeProtocol : undefined;
    this.#request = request;
    this.response = response;
    this.#connection = connection;
    this.#state = state;
    this.#expectsContinue = special?.expectsContinue === true;
    connection.add(this);
  }

  get peer(): Peer {
    return this.#connection.peer;
  }

  get listener(): string {
    return this.#state.name;
  }

  body(observer: BodyObserver): Readable | undefined {
    if (this.bodyLength === 0) return undefined;
    if (this.#expectsContinue) this.response.writeContinue();
    this.#expectsContinue = false;
    this.#body = new RequestBody(this.#request, observer);
    return this.#body;
  }

  listen(listener: ExchangeListener): void {
    this.#listener = listener;
    // node:http has let go of a connection that asks to switch.
    if (this.upgradeProtocol !== undefined) this.#stopWatching = destroyWhenLeft(this.#connection.socket);
  }

  inform(status: number, headers: HeaderList): void {
    if (this.version === '1.1' && !this.response.headersSent)
      this.response.writeInformation(status, headers as string[]);
  }

  respond(status: number, headers: HeaderList, firstChunk?: Uint8Array, end = false): boolean {
    const { response } = this;
    this.#stopWatching?.();
    if ((this.#state.draining || this.#connection.broken) && this.#connection.isLatest(response))
      response.shouldKeepAlive = false;
    if (!this.#request.complete) this.#announceUnreadBody();
    response.writeHead(status, headers as string[]);
    if (end) {
      endWith(response, firstChunk);
      this.#finish();
      return true;
    }
    if (firstChunk !== undefined) return this.write(firstChunk);
    response.flushHeaders();
    return true;
  }

  write(chunk: Uint8Array): boolean {
    if (this.response.write(chunk)) return true;
    if (!this.#hearsDrain) this.response.on('drain', () => this.#listener?.onDrain());
    this.#hearsDrain = true;
    return false;
  }

  end(trailers?: HeaderList): void {
    if (trailers !== undefined && trailers.length > 0) this.response.addTrailers(pairsOf(trailers));
    this.response.end();
    this.#finish();
  }

  upgrade(headers: HeaderList): Duplex {
    const { socket } = this.#connection;
    this.#stopWatching?.();
    this.response.detachSocket(socket);
    let text = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
    socket.write(`${text}\r\n`, 'latin1');
    return socket;
  }

  abort(): void {
    const { socket } = this.#connection;
    // Without a length or chunks, only a reset tells a broken answer from a whole one.
    if (this.version === '1.0') socket.resetAndDestroy();
    else socket.destroy();
  }

  onConnectionClosed(): void {
    this.#body?.breakOff();
    this.#listener?.onAborted();
  }

  onRequestBroken(): void {
    this.#body?.breakOff();
    this.#listener?.onRequestBroken();
  }

  /** The answer begins before the whole request was read, and nobody reads the rest. */
  #announceUnreadBody(): void {
    if (this.#bodyIsShort() || (this.#body !== undefined && !this.#body.destroyed)) return;
    this.response.shouldKeepAlive = false;
    lingerOnClose(this.#connection.socket);
  }

  /** A short rest is read and dropped; a long one is not waited for. */
  #bodyIsShort(): boolean {
    return this.bodyLength !== undefined && this.bodyLength <= DRAIN_BYTES && !this.#expectsContinue;
  }

  #finish(): void {
    if (!this.#request.complete && !this.#bodyIsShort()) {
      lingerOnClose(this.#connection.socket);
      this.#connection.endAfterAnswers();
    }
    this.#connection.remove(this, this.#state.now());
  }
}

/** A short body goes out as text behind the head: one buffer for the kernel instead of two saves a tenth of the write. */
function endWith(response: ServerResponse, body: Uint8Array | undefined): void {
  if (body === undefined) response.end();
  else if (body.length > SHORT_BODY_BYTES || !Buffer.isBuffer(body)) response.end(body);
  else response.end(body.toString('latin1'), 'latin1');
}

function pairsOf(list: HeaderList): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < list.length; index += 2) pairs.push([list[index] as string, list[index + 1] as string]);
  return pairs;
}
