import type { Duplex, Readable } from 'node:stream';
import type { BodyObserver, Exchange, ExchangeListener, HeaderList, Peer } from '../exchange.ts';
import { Answer, type AnswerOwner } from './answer.ts';
import type { Http1Connection } from './http1Connection.ts';
import { RequestBody } from './requestBody.ts';
import type { RequestHead } from './requestHead.ts';

/** An answer that comes before a body of at most this size was read lets the body be read and dropped; else the connection ends. */
const DRAIN_BYTES = 65_536;

/** One request on a connection of HTTP/1.1, and its answer. */
export class Http1Exchange implements Exchange, AnswerOwner {
  readonly scheme = 'http';
  readonly upgradeProtocol: string | undefined;
  readonly #connection: Http1Connection;
  readonly #head: RequestHead;
  readonly #answer: Answer;
  #listener: ExchangeListener | undefined;
  #body: RequestBody | undefined;
  /** All of the request has come. */
  #received: boolean;
  #expectsContinue: boolean;
  #answered = false;

  /** `maySwitch` says that nothing stands in the way of giving the connection away. */
  constructor(connection: Http1Connection, head: RequestHead, maySwitch: boolean) {
    this.#connection = connection;
    this.#head = head;
    this.upgradeProtocol = maySwitch ? head.upgradeProtocol : undefined;
    this.#received = head.bodyLength === 0;
    this.#expectsContinue = head.expectsContinue;
    this.#answer = new Answer(connection.answers, { isHead: head.method === 'HEAD', version: head.version }, this);
  }

  get method(): string {
    return this.#head.method;
  }

  get target(): string {
    return this.#head.target;
  }

  get authority(): string {
    return this.#head.authority;
  }

  get version(): '1.0' | '1.1' {
    return this.#head.version;
  }

  get headers(): HeaderList {
    return this.#head.headers;
  }

  get bodyLength(): number | undefined {
    return this.#head.bodyLength;
  }

  get peer(): Peer {
    return this.#connection.peer;
  }

  get listener(): string {
    return this.#connection.listenerName;
  }

  body(observer: BodyObserver): Readable | undefined {
    if (this.bodyLength === 0) return undefined;
    if (this.#expectsContinue) this.#answer.inform(100, []);
    this.#expectsContinue = false;
    this.#body = new RequestBody(observer, this.bodyLength !== undefined, () => this.#connection.resume());
    this.#connection.resume();
    return this.#body;
  }

  listen(listener: ExchangeListener): void {
    this.#listener = listener;
  }

  inform(status: number, headers: HeaderList): void {
    this.#answer.inform(status, headers);
  }

  respond(status: number, headers: HeaderList, firstChunk?: Uint8Array, end = false): boolean {
    if (!this.#received && !this.#bodyIsRead()) this.#connection.stop();
    const persistent = this.#connection.mayPersist(this.#answer);
    if (end) this.#answered = true;
    const taken = this.#answer.respond(status, headers, persistent, firstChunk, end);
    if (end) this.#finish();
    // Nobody has to wait before writing nothing.
    return taken || end;
  }

  write(chunk: Uint8Array): boolean {
    return this.#answer.write(chunk);
  }

  end(trailers?: HeaderList): void {
    this.#answered = true;
    this.#answer.end(trailers);
    this.#finish();
  }

  upgrade(headers: HeaderList): Duplex {
    this.#answer.switchProtocols(headers);
    return this.#connection.release();
  }

  abort(): void {
    this.#answer.abort();
  }

  /** Whether a piece of the body cannot be taken now. */
  get bodyWaits(): boolean {
    if (this.#answered) return false;
    return this.#body === undefined || this.#body.full;
  }

  /** A piece of the body; nobody may want it any more. */
  takeBody(piece: Buffer): void {
    this.#body?.receive(piece);
  }

  /** All of the body has come. */
  completeBody(): void {
    this.#received = true;
    this.#body?.complete();
  }

  /** The rest of the body is no HTTP. */
  breakBody(): void {
    this.#body?.breakOff();
    if (!this.#answered) this.#listener?.onRequestBroken();
  }

  onDrain(): void {
    this.#listener?.onDrain();
  }

  onConnectionClosed(): void {
    this.#body?.breakOff();
    this.#listener?.onAborted();
  }

  /** The answer is complete: nobody waits for what is left of the request. */
  #finish(): void {
    if (this.#received) return;
    if (this.#bodyIsShort()) this.#connection.resume();
    else this.#connection.stop();
  }

  /** Whether what is left of the request will be read, so that another one may come behind it. */
  #bodyIsRead(): boolean {
    return this.#bodyIsShort() || (this.#body !== undefined && !this.#body.destroyed);
  }

  /** A short rest is read and dropped; a long one, or one that the client holds back, is not waited for. */
  #bodyIsShort(): boolean {
    return this.bodyLength !== undefined && this.bodyLength <= DRAIN_BYTES && !this.#expectsContinue;
  }
}
