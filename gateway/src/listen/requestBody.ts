import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BodyObserver } from './exchange.ts';

/**
 * A request's body as the upstream side reads it. Between it and node:http's own stream, because destroying that one would take the
 * client's connection with it, and an upstream that answers early destroys the body.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage;
  readonly #observer: BodyObserver;
  #received = 0;

  constructor(source: IncomingMessage, observer: BodyObserver) {
    super({ highWaterMark: 65_536 });
    this.#source = source;
    this.#observer = observer;
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => this.push(null));
    source.pause();
    // Whoever destroys it knows why; an error that nobody listens to would end the process.
    this.on('error', () => {});
  }

  /** The client went away in the middle of the body. */
  breakOff(): void {
    this.destroy(new Error('the client closed the connection before its request was complete'));
  }

  override _read(): void {
    this.#source.resume();
  }

  /** What still comes is read and dropped, so that the connection can carry the answer. */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#source.resume();
    callback(error);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#received += chunk.length;
    const { maxBodyBytes } = this.#observer;
    if (maxBodyBytes > 0 && this.#received > maxBodyBytes) {
      this.destroy(new Error('the request body exceeds its limit'));
      this.#observer.onBodyTooLarge();
      return;
    }
    this.#observer.onBodyData(chunk);
    if (!this.push(chunk)) this.#source.pause();
  }
}
