import { Readable } from 'node:stream';
import type { BodyObserver } from '../exchange.ts';

/**
 * A request's body as the upstream side reads it. Destroying it leaves the connection to the client alone: an upstream that answers
 * early destroys the body, and the answer still has to go out.
 */
export class RequestBody extends Readable {
  readonly #observer: BodyObserver;
  readonly #onWanted: () => void;
  #received = 0;
  /** Not to be given more. */
  #full: boolean;

  /**
   * `onWanted` is called when more may come, or when nobody wants the rest. `eager` takes a first piece before anybody reads: not for
   * a body in chunks, which undici would send with a length where it finds all of it there.
   */
  constructor(observer: BodyObserver, eager: boolean, onWanted: () => void) {
    super({ highWaterMark: 65_536 });
    this.#observer = observer;
    this.#full = !eager;
    this.#onWanted = onWanted;
    // Whoever destroys it knows why; an error that nobody listens to would end the process.
    this.on('error', () => {});
  }

  /** No more should be given now. */
  get full(): boolean {
    return this.#full && !this.destroyed;
  }

  /** The next piece; dropped where nobody wants it any more. */
  receive(piece: Buffer): void {
    if (this.destroyed) return;
    this.#received += piece.length;
    const { maxBodyBytes } = this.#observer;
    if (maxBodyBytes > 0 && this.#received > maxBodyBytes) {
      this.destroy(new Error('the request body exceeds its limit'));
      this.#observer.onBodyTooLarge();
      return;
    }
    this.#observer.onBodyData(piece);
    // Before `push`, which may ask for more at once.
    this.#full = true;
    if (this.push(piece)) this.#full = false;
  }

  /** All of it has come. */
  complete(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The rest will never come. */
  breakOff(): void {
    this.destroy(new Error('the client closed the connection before its request was complete'));
  }

  /** Never answers before it returns: whoever asks only whether there is something must not find all of it. */
  override _read(): void {
    if (this.#full) process.nextTick(() => this.#resume());
  }

  /** What still comes is dropped, so that the connection can carry the answer. */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    callback(error);
    this.#onWanted();
  }

  #resume(): void {
    this.#full = false;
    this.#onWanted();
  }
}
