import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problemBody, problemHeaders, type Reason, reasons } from '../../proxy/reasons.ts';
import type { Peer } from '../exchange.ts';
import { Answer } from './answer.ts';
import { AnswerQueue, type AnswerQueueListener } from './answerQueue.ts';
import type { ConnectionOwner, ConnectionTimes } from './connectionOwner.ts';
import { Http1Exchange } from './http1Exchange.ts';
import { destroyWhenLeft } from './leaving.ts';
import { LingeringEnd } from './lingeringEnd.ts';
import { peerOf } from './peerOf.ts';
import type { RequestHead } from './requestHead.ts';
import { RequestParser } from './requestParser.ts';

/**
 * `Open`: requests are read. `Switching`: a request asks for another protocol, and what the client sends waits. `Tunnel`: somebody else
 * has the socket. `Stopped`: what comes is dropped, answers still go out, and the connection ends behind them.
 */
type State = 'Open' | 'Switching' | 'Tunnel' | 'Stopped';

/** Of the age that a connection may reach: what one of them may be off, so that those opened together do not end together. */
const AGE_SPREAD = 0.2;

/** Requests of one connection that may wait for their answers at once. */
const MAX_PIPELINED = 100;

/**
 * A client's connection: takes its bytes apart into requests, keeps their answers in order, and decides how it ends. It stops reading while
 * nobody takes a request's body, or the client does not take answers.
 */
export class Http1Connection implements AnswerQueueListener {
  readonly peer: Peer;
  readonly answers: AnswerQueue;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  readonly #ending: LingeringEnd;
  readonly #openedAt: number;
  readonly #ageFactor = 1 + AGE_SPREAD * (2 * Math.random() - 1);
  #state: State = 'Open';
  /** No request is taken behind the present one. */
  #isLast = false;
  /** When it was opened, a head began, or the latest answer was complete: whichever came last. */
  #quietSince: number;
  /** No request has come yet. */
  #isNew = true;
  /** No answer was under way when the bytes came that are being read, and none has begun since. */
  #isFree = true;
  #isReading = false;
  /** What was read and could not be taken yet. */
  #rest: Buffer | undefined;
  /** Whose body comes now. */
  #upload: Http1Exchange | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.peer = peerOf(socket);
    this.#ending = new LingeringEnd(socket);
    this.#openedAt = owner.now();
    this.#quietSince = this.#openedAt;
    this.answers = new AnswerQueue(socket, this);
    this.#parser = new RequestParser(() => owner.limits);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    // What broke shows in how it closed; an error that nobody listens to would end the process.
    socket.on('error', () => {});
    socket.once('close', () => this.answers.closed());
  }

  get listenerName(): string {
    return this.#owner.name;
  }

  /** Answers what came, or the connection itself, without an exchange, and ends it. */
  refuse(reason: Reason, isHead = false): void {
    this.#owner.onRefused(reason);
    this.#halt();
    const answer = new Answer(this.answers, { isHead, version: '1.1' });
    answer.respond(reasons[reason].status, problemHeaders(reason), false, problemBody(reason), true);
  }

  /** Whether the client may be told that the connection stays behind `answer`. Once it is told otherwise no request is taken any more. */
  mayPersist(answer: Answer): boolean {
    if (!this.answers.isLast(answer)) return true;
    if (this.#owner.draining || this.#isOld) this.#takeNoMore();
    return !this.#isLast;
  }

  get #isOld(): boolean {
    return this.#owner.now() - this.#openedAt >= this.#owner.maxConnectionAgeMs * this.#ageFactor;
  }

  /** Drops what the client still sends; ends behind the answers that are under way. */
  stop(): void {
    this.#halt();
    if (this.answers.length === 0) this.#end();
  }

  /** Goes on reading where it had to wait. */
  resume(): void {
    if (this.#rest === undefined || this.#isReading || this.#mustWait()) return;
    const rest = this.#rest;
    this.#rest = undefined;
    this.#read(rest);
    if (this.#rest === undefined) this.#socket.resume();
  }

  /** Hands the socket over, with what the client has sent meanwhile. */
  release(): Duplex {
    this.#state = 'Tunnel';
    this.#stopWatching?.();
    this.#socket.off('drain', this.#onDrain);
    this.#socket.off('end', this.#onEnd);
    return this.#socket;
  }

  onAnswered(): void {
    this.#quietSince = this.#owner.now();
    if (this.#isLast) this.#end();
  }

  onAnswersEnd(): void {
    this.#end();
  }

  /** Ends what has taken too long. To be called about once a second. */
  check(now: number, { headerTimeoutMs, idleTimeoutMs }: ConnectionTimes): void {
    // How long an exchange or a tunnel may take is for those to say who serve it.
    if (this.answers.length > 0) return;
    const quietMs = now - this.#quietSince;
    if (this.#socket.writableLength > 0) this.#checkFlush(now, quietMs >= idleTimeoutMs);
    else if (this.#ending.begun) this.#destroyIf(this.#ending.isOver(quietMs));
    else if (!this.#isNew && !this.#parser.inHead) this.closeIfIdle(now, idleTimeoutMs);
    else if (quietMs >= headerTimeoutMs) this.refuse('RequestTimeout');
  }

  /** Ends it where nothing has been under way for `forMs`. */
  closeIfIdle(now: number, forMs: number): void {
    if (this.answers.length > 0 || this.#parser.inHead || this.#socket.writableLength > 0) return;
    if (now - this.#quietSince >= forMs) this.#socket.destroySoon();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#state !== 'Open') return this.#ending.drop(bytes.length);
    this.#isFree = this.answers.length === 0;
    const wasInHead = this.#parser.inHead;
    this.#read(this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]));
    if (this.#parser.inHead && !wasInHead && !this.#isNew) this.#quietSince = this.#owner.now();
  };

  readonly #onDrain = (): void => {
    this.answers.drained();
    this.resume();
  };

  /** The client has ended its side. Whoever still waits for an answer counts as gone. */
  readonly #onEnd = (): void => {
    if (this.#state === 'Switching') return;
    if (this.answers.length > 0) this.#socket.destroy();
    else if (this.#state === 'Open' && this.#parser.inHead) this.refuse('BadRequest');
    else this.#socket.destroySoon();
  };

  #read(bytes: Buffer): void {
    let at = 0;
    this.#rest = undefined;
    this.#isReading = true;
    while (at < bytes.length && this.#state === 'Open' && !this.#mustWait()) at = this.#step(bytes, at);
    this.#isReading = false;
    if (at < bytes.length) this.#keep(bytes.subarray(at));
  }

  /** Nobody takes the body that comes next; or the client takes no answers, so that no request is read. */
  #mustWait(): boolean {
    return this.#parser.inBody ? this.#upload?.bodyWaits === true : this.#socket.writableNeedDrain;
  }

  #step(bytes: Buffer, from: number): number {
    const parser = this.#parser;
    const at = parser.read(bytes, from);
    switch (parser.found) {
      case 'Nothing':
        return at;
      case 'Head':
        this.#begin(parser.head);
        return at;
      case 'Data':
        this.#upload?.takeBody(parser.piece);
        return at;
      case 'LastData':
        this.#upload?.takeBody(parser.piece);
        this.#completeBody();
        return at;
      case 'End':
        this.#completeBody();
        return at;
      case 'Refused':
        this.refuse(parser.reason, parser.refusesHead);
        return at;
      case 'Broken':
        this.#breakOff(parser.reason);
        return at;
    }
  }

  #begin(head: RequestHead): void {
    this.#isNew = false;
    if (this.answers.length >= MAX_PIPELINED) return this.stop();
    const exchange = new Http1Exchange(this, head, this.#isFree);
    this.#isFree = false;
    if (head.bodyLength !== 0) this.#upload = exchange;
    if (exchange.upgradeProtocol !== undefined) this.#switch();
    else if (!head.persistent) this.#takeNoMore();
    this.#owner.onExchange(exchange);
  }

  #completeBody(): void {
    const upload = this.#upload;
    this.#upload = undefined;
    if (this.#isLast) this.#halt();
    upload?.completeBody();
  }

  /** What comes is no HTTP. A request that is not complete fails; those before it are answered, without another word. */
  #breakOff(reason: Reason): void {
    const upload = this.#upload;
    if (upload === undefined && this.#isFree) return this.refuse(reason);
    this.stop();
    upload?.breakBody();
  }

  /** Leaves what comes next to whoever gets the socket. */
  #switch(): void {
    this.#state = 'Switching';
    this.#isLast = true;
    this.#socket.off('data', this.#onData);
    this.#stopWatching = destroyWhenLeft(this.#socket);
  }

  /** The present request is the last that is taken. */
  #takeNoMore(): void {
    this.#isLast = true;
    if (!this.#parser.inBody) this.#halt();
  }

  /** Drops what comes from now on. */
  #halt(): void {
    this.#isLast = true;
    if (this.#state === 'Switching') {
      this.#stopWatching?.();
      this.#socket.on('data', this.#onData);
    } else if (this.#state !== 'Open') {
      return;
    }
    this.#state = 'Stopped';
    this.#rest = undefined;
    this.#upload = undefined;
    this.#socket.resume();
  }

  #end(): void {
    this.#halt();
    if (this.#state !== 'Stopped' || this.#ending.begun) return;
    this.#ending.begin();
  }

  #keep(rest: Buffer): void {
    if (this.#state === 'Switching') {
      this.#socket.unshift(rest);
    } else if (this.#state === 'Open') {
      this.#rest = rest;
      this.#socket.pause();
    } else {
      this.#ending.drop(rest.length);
    }
  }

  /** The last bytes are not with the kernel yet: the client must take some of them from time to time. */
  #checkFlush(now: number, isLate: boolean): void {
    if (this.#ending.flushes()) this.#quietSince = now;
    else this.#destroyIf(isLate);
  }

  #destroyIf(isLate: boolean): void {
    if (isLate) this.#socket.destroy();
  }
}
