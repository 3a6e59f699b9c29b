import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A backend in this process that answers 200, or what its script says. */
export class PlainBackend implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end('ok'),
  ): Promise<PlainBackend> {
    const server = createServer({ keepAliveTimeout: 60_000 }, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PlainBackend(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
