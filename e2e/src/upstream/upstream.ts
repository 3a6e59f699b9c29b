import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { idHeader } from '../requestId.ts';
import { answers, type Origin } from './answers.ts';
import { echoWebSocket } from './webSocketEcho.ts';

/** After it has said `Connection: close` this long, it takes no more connections. */
const GOODBYE_MS = 2_000;
const IDLE_MS = 120_000;
const IDLE_CHECK_MS = 100;

export interface UpstreamOptions {
  readonly origin: Origin;
  /** Is told the id of each request as its head arrives. */
  readonly arrived: (id: string) => void;
  /** Of a hundred requests, how many are answered 503 instead. */
  readonly failPercent: number;
}

/** The backend of the tests: tells each request back, or does what its `?do=` says; echoes WebSockets. */
export class Upstream {
  readonly server: Server;
  readonly #options: UpstreamOptions;
  #requests = 0;
  #leaving = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.server = createServer((request, response) => this.#answer(request, response));
    this.server.keepAliveTimeout = IDLE_MS;
    this.server.on('upgrade', echoWebSocket);
  }

  /**
   * Leaves as a careful backend does: serves on as if nothing were for `graceMs`, while it is taken out of use; then says `Connection:
   * close` with each answer; then takes no more connections and ends once all is answered.
   */
  async leave(graceMs: number, goodbyeMs: number = GOODBYE_MS): Promise<void> {
    await delay(graceMs);
    this.#leaving = true;
    await delay(goodbyeMs);
    const ended = once(this.server, 'close');
    this.server.close();
    // What a client keeps although it was told, or was busy with an answer that began before.
    const idle = setInterval(() => this.server.closeIdleConnections(), IDLE_CHECK_MS);
    await ended.finally(() => clearInterval(idle));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { origin, arrived } = this.#options;
    const id = request.headers[idHeader];
    if (typeof id === 'string') arrived(id);
    response.setHeader('x-e2e-pod', origin.pod);
    response.setHeader('x-e2e-version', origin.version);
    const query = new URL(request.url ?? '/', 'http://upstream').searchParams;
    const wanted = this.#fails() ? undefined : answers[query.get('do') ?? 'echo'];
    if (wanted === undefined) {
      response.statusCode = 503;
      response.end();
      return;
    }
    wanted({ origin, query, request, response, isLeaving: () => this.#leaving }).catch(() => response.destroy());
  }

  /** Spread evenly: with 50, every second one. */
  #fails(): boolean {
    const { failPercent } = this.#options;
    this.#requests += 1;
    return (this.#requests * failPercent) % 100 < failPercent;
  }
}
