import type { Socket } from 'node:net';

/** After our last byte, what the client still sends is dropped for so long, and so many bytes of it, then the connection goes. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * The end of a connection: our side closes, and what the client still sends is dropped until it closes its own. Closing both at once with unread
 * bytes makes the kernel send a reset, which can reach the client before the answer does (RFC 9112 9.6).
 */
export class LingeringEnd {
  readonly #socket: Socket;
  #begun = false;
  #droppedBytes = 0;
  /** With the kernel, when that was last looked at. */
  #flushedBytes = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Our side is closed. */
  get begun(): boolean {
    return this.#begun;
  }

  begin(): void {
    this.#begun = true;
    if (this.#socket.readableEnded) this.#socket.destroySoon();
    else this.#socket.end();
  }

  /** Bytes came that nobody wants. While an answer is under way, too many of them are left with the client. */
  drop(bytes: number): void {
    this.#droppedBytes += bytes;
    if (this.#droppedBytes <= LINGER_BYTES) return;
    if (this.#begun) this.#socket.destroy();
    else this.#socket.pause();
  }

  /** Whether the client has taken some of what is written since this was last asked. */
  flushes(): boolean {
    const flushed = this.#socket.bytesWritten - this.#socket.writableLength;
    const hasMoved = flushed !== this.#flushedBytes;
    this.#flushedBytes = flushed;
    return hasMoved;
  }

  /** Whether a client that has not closed its side has had its time, `quietMs` after it took our last byte. */
  isOver(quietMs: number): boolean {
    return this.#begun && quietMs >= LINGER_MS;
  }
}
