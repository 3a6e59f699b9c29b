import { buildConnector, Client, type Dispatcher } from 'undici';
import type { Attempt } from './attempt.ts';
import { filterInterim, type InterimFilter } from './interimFilter.ts';

/** undici keeps an idle connection this long, or as long as the backend's `Keep-Alive` header says less two seconds. */
const IDLE_MS = 4_000;
const MAX_HEADER_BYTES = 65_536;

/**
 * One connection to an endpoint, for one request at a time: an undici `Client` of our own instead of a pool, because a pool takes a
 * refused request for a busy connection and never drains again. The client reconnects by itself when its socket was closed.
 */
export class UpstreamConnection {
  readonly #client: Client;
  #filter: InterimFilter | undefined;
  #attempt: Attempt | undefined;
  /** When it was last taken, on the caller's clock. */
  usedAt = 0;
  /** Requests that started on the present socket. */
  uses = 0;
  /** The present socket failed, so that a response without a length is not whole: undici takes a reset for its end. */
  failed = false;

  constructor(origin: string, connectTimeoutMs: number) {
    const connect = buildConnector({ timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 30_000 });
    this.#client = new Client(plainOrigin(origin), {
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: 600_000,
      // Deadlines are ours; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: (options, callback) => {
        connect(options, (...[error, socket]) => {
          if (error !== null) return callback(error, null);
          this.uses = 0;
          this.failed = false;
          socket.once('error', () => {
            this.failed = true;
          });
          this.#filter = filterInterim(socket, () => this.#attempt?.onExhausted());
          callback(null, socket);
        });
      },
    });
  }

  dispatch(options: Dispatcher.DispatchOptions, attempt: Attempt): void {
    this.#attempt = attempt;
    this.#client.dispatch(options, attempt);
  }

  /** The request's bytes go out now: what comes next is its response. */
  requestStarted(): void {
    this.uses++;
    this.#filter?.expectHead();
  }

  /** Its socket is somebody else's now. */
  upgraded(): void {
    this.#filter?.stop();
  }

  /** Ends at once; a request on it fails. */
  destroy(): void {
    this.#client.destroy().catch(ignoreLateError);
  }
}

/** undici asks for these of each request, and a URL makes them up anew each time. */
function plainOrigin(origin: string): URL {
  const url = new URL(origin);
  return Object.defineProperties(url, { origin: { value: url.origin }, protocol: { value: url.protocol } });
}

/** A destroyed client's own promise tells nothing that its request has not been told. */
function ignoreLateError(): void {}
