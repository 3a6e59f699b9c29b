import type { Socket } from 'node:net';
import type { Answer } from './answer.ts';

export interface AnswerQueueListener {
  /** All answers are complete. */
  onAnswered(): void;
  /** The connection ends with what was written. */
  onAnswersEnd(): void;
}

/** The answers of one connection, in the order of their requests (RFC 9112 9.3.2): only the oldest is written to the socket. */
export class AnswerQueue {
  readonly #socket: Socket;
  readonly #listener: AnswerQueueListener;
  readonly #answers: Answer[] = [];

  constructor(socket: Socket, listener: AnswerQueueListener) {
    this.#socket = socket;
    this.#listener = listener;
  }

  /** Answers that are not complete, or wait behind such. */
  get length(): number {
    return this.#answers.length;
  }

  add(answer: Answer): void {
    this.#answers.push(answer);
  }

  isFirst(answer: Answer): boolean {
    return this.#answers[0] === answer;
  }

  isLast(answer: Answer): boolean {
    return this.#answers.at(-1) === answer;
  }

  /** Writes what the oldest answer consists of next. Returns false when the client should drain first. */
  send(piece: string | Uint8Array): boolean {
    return typeof piece === 'string' ? this.#socket.write(piece, 'latin1') : this.#socket.write(piece);
  }

  /** The same for several pieces, which leave in one go. */
  sendAll(pieces: readonly (string | Uint8Array)[]): boolean {
    this.#socket.cork();
    let taken = true;
    for (const piece of pieces) if (piece.length > 0) taken = this.send(piece);
    this.#socket.uncork();
    return taken;
  }

  /** The oldest answer is complete: the one behind it has its turn. */
  advance(): void {
    this.#answers.shift();
    const next = this.#answers[0];
    if (next === undefined) this.#listener.onAnswered();
    else next.takeTurn();
  }

  /** The oldest answer is the last: those that wait behind it hear that their turn will not come. */
  end(): void {
    this.#answers.shift();
    this.closed();
    this.#listener.onAnswersEnd();
  }

  /** The oldest answer is broken in the middle. Where nothing but the connection's end tells a whole one, that must be a reset. */
  cut(needsReset: boolean): void {
    if (needsReset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** The client takes bytes again. */
  drained(): void {
    this.#answers[0]?.owner?.onDrain();
  }

  closed(): void {
    for (const answer of this.#answers.splice(0)) answer.owner?.onConnectionClosed();
  }
}
