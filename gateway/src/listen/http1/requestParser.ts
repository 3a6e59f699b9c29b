import type { Reason } from '../../proxy/reasons.ts';
import { type BodyDecoder, LengthDecoder } from './bodyDecoder.ts';
import { ChunkedDecoder } from './chunkedDecoder.ts';
import { type HeadLimits, HeadReader, type RawHead } from './headReader.ts';
import { type RequestHead, readHead } from './requestHead.ts';

/**
 * What a `read` found. `Nothing`: all bytes are used, or there is more to come of the same. `Head`: a request, behind which its body comes
 * if it has one. `LastData`: data with which the body ends. `Refused`: a well-formed head that is not taken, so that nobody knows where the
 * next begins. `Broken`: what stands here is no HTTP. After the last two there is nothing more to read.
 */
export type Found = 'Nothing' | 'Head' | 'Data' | 'LastData' | 'End' | 'Refused' | 'Broken';

/**
 * Takes the bytes of a connection apart into requests, one step a call, so that whoever reads may stop between any two. Does no I/O;
 * what it finds does not depend on how the bytes are cut into pieces.
 */
export class RequestParser {
  readonly #limits: () => HeadLimits;
  readonly #heads = new HeadReader();
  /** The next byte begins with another head. */
  #betweenRequests = true;
  #head: RequestHead | undefined;
  #body: BodyDecoder | undefined;
  #piece: Buffer | undefined;
  #found: Found = 'Nothing';
  #reason: Reason = 'BadRequest';

  /** `limits` are asked for when a head begins. */
  constructor(limits: () => HeadLimits) {
    this.#limits = limits;
  }

  /** What the last `read` found. */
  get found(): Found {
    return this.#found;
  }

  /** The request that `Head` announced. */
  get head(): RequestHead {
    return this.#head as RequestHead;
  }

  /** What `Data` and `LastData` found: a view of the bytes that were read. */
  get piece(): Buffer {
    return this.#piece as Buffer;
  }

  /** Why a request is `Refused`, or what follows is `Broken`. */
  get reason(): Reason {
    return this.#reason;
  }

  /** What is `Refused` asks for the head of a response only. */
  get refusesHead(): boolean {
    return this.#heads.head?.method === 'HEAD';
  }

  /** A part of a head has come, and the rest has not. */
  get inHead(): boolean {
    return this.#heads.halfway;
  }

  /** The body of the last request has not come to its end. */
  get inBody(): boolean {
    return this.#body !== undefined;
  }

  /** Goes on at `at`, which is below the length of `bytes`; returns where it stopped. */
  read(bytes: Buffer, at: number): number {
    return this.#body === undefined ? this.#readHead(bytes, at) : this.#readBody(this.#body, bytes, at);
  }

  #readHead(bytes: Buffer, from: number): number {
    if (this.#betweenRequests) this.#heads.begin(this.#limits());
    this.#betweenRequests = false;
    const at = this.#heads.read(bytes, from);
    const { head, failure } = this.#heads;
    if (failure !== undefined) this.#stop('Broken', failure);
    else if (head === undefined) this.#found = 'Nothing';
    else this.#take(head);
    return at;
  }

  #take(raw: RawHead): void {
    const head = readHead(raw);
    if (typeof head === 'string') return this.#stop('Refused', head);
    this.#found = 'Head';
    this.#head = head;
    this.#betweenRequests = true;
    if (head.bodyLength === undefined) this.#body = new ChunkedDecoder(this.#limits());
    else if (head.bodyLength > 0) this.#body = new LengthDecoder(head.bodyLength);
  }

  #readBody(body: BodyDecoder, bytes: Buffer, from: number): number {
    const at = body.read(bytes, from);
    const { piece, progress } = body;
    this.#piece = piece;
    if (progress === 'Broken') {
      this.#stop('Broken', 'BadRequest');
    } else if (progress === 'Complete') {
      this.#body = undefined;
      this.#found = piece === undefined ? 'End' : 'LastData';
    } else {
      this.#found = piece === undefined ? 'Nothing' : 'Data';
    }
    return at;
  }

  #stop(found: 'Refused' | 'Broken', reason: Reason): void {
    this.#found = found;
    this.#reason = reason;
  }
}
