import type { HeaderList } from '../exchange.ts';
import type { AnswerQueue } from './answerQueue.ts';
import { type Answered, type BodyFraming, informationalHead, lastChunk, responseHead } from './responseHead.ts';

/** Whose answer it is. */
export interface AnswerOwner {
  /** The client took what was buffered, or it is this answer's turn: writing may go on. */
  onDrain(): void;
  /** The connection is gone, and the answer was not complete. */
  onConnectionClosed(): void;
}

/** A piece of a body of at most this size goes out as text with what surrounds it: one buffer for the kernel instead of several. */
const SHORT_BYTES = 2_048;

/** The answer to one request. It may be written at any time; it leaves when the answers before it have. */
export class Answer {
  readonly owner: AnswerOwner | undefined;
  readonly #queue: AnswerQueue;
  readonly #answered: Answered;
  #framing: BodyFraming = 'None';
  #begun = false;
  #ended = false;
  /** The connection ends behind it, whatever was asked for meanwhile. */
  #closes = false;
  /** What was written before its turn. */
  #held: (string | Uint8Array)[] | undefined;

  constructor(queue: AnswerQueue, answered: Answered, owner?: AnswerOwner) {
    this.#queue = queue;
    this.#answered = answered;
    this.owner = owner;
    queue.add(this);
  }

  /** Dropped where the final response has begun, or the client cannot take it. */
  inform(status: number, headers: HeaderList): void {
    if (this.#answered.version === '1.1' && !this.#begun) this.#send(informationalHead(status, headers));
  }

  /**
   * Writes the head, with `chunk` where given; `end` says that it is the whole body. `persistent` is what the client is told of the
   * connection. Returns false when it should drain first.
   */
  respond(status: number, headers: HeaderList, persistent: boolean, chunk?: Uint8Array, end = false): boolean {
    const { text, framing } = responseHead(status, headers, this.#answered, persistent);
    this.#begun = true;
    this.#framing = framing;
    this.#closes = framing === 'Connection';
    const taken = this.#put(text, chunk, end);
    if (end) this.#finish();
    return taken;
  }

  /** Returns false when the client should drain first. */
  write(chunk: Uint8Array): boolean {
    return this.#put('', chunk, false);
  }

  end(trailers?: HeaderList): void {
    if (this.#framing === 'Chunks') this.#send(lastChunk(trailers));
    this.#finish();
  }

  /** Gives the connection away: what comes now is not ours. */
  switchProtocols(headers: HeaderList): void {
    this.#begun = true;
    this.#send(informationalHead(101, headers));
  }

  /** Ends the connection so that the client sees that this answer is broken. Answers before it still reach it. */
  abort(): void {
    if (!this.#queue.isFirst(this)) {
      this.#held = undefined;
      this.#ended = true;
      this.#closes = true;
    } else if (this.#begun) {
      this.#queue.cut(this.#framing === 'Connection');
    } else {
      this.#queue.end();
    }
  }

  /** Its turn has come: what was written goes out, and more may. */
  takeTurn(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#queue.sendAll(held);
    if (this.#ended) this.#leave();
    else this.owner?.onDrain();
  }

  /** Writes a piece of the body as the framing asks, behind `head`. */
  #put(head: string, chunk: Uint8Array | undefined, end: boolean): boolean {
    const last = end && this.#framing === 'Chunks' ? lastChunk() : '';
    if (chunk === undefined || chunk.length === 0 || this.#framing === 'None') return this.#send(head + last);
    if (this.#framing !== 'Chunks') return this.#surround(head, chunk, '');
    return this.#surround(`${head}${chunk.length.toString(16)}\r\n`, chunk, `\r\n${last}`);
  }

  #surround(before: string, chunk: Uint8Array, after: string): boolean {
    if (before === '') return this.#send(chunk);
    if (chunk.length > SHORT_BYTES) return this.#sendAll([before, chunk, after]);
    return this.#send(before + latin1Of(chunk) + after);
  }

  #send(piece: string | Uint8Array): boolean {
    return this.#queue.isFirst(this) ? this.#queue.send(piece) : this.#hold([piece]);
  }

  #sendAll(pieces: readonly (string | Uint8Array)[]): boolean {
    return this.#queue.isFirst(this) ? this.#queue.sendAll(pieces) : this.#hold(pieces);
  }

  #hold(pieces: readonly (string | Uint8Array)[]): false {
    this.#held ??= [];
    this.#held.push(...pieces);
    return false;
  }

  #finish(): void {
    this.#ended = true;
    if (this.#queue.isFirst(this)) this.#leave();
  }

  #leave(): void {
    if (this.#closes) this.#queue.end();
    else this.#queue.advance();
  }
}

function latin1Of(chunk: Uint8Array): string {
  const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return bytes.toString('latin1');
}
