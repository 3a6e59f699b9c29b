import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.ts';

/** A request that the stub got. */
export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string | undefined;
}

/** How one request is answered. Returns false to leave it to the stub. */
export type Fault = (asked: Asked, response: ServerResponse) => boolean;

/**
 * As much of an API server as faults need: lists and watches of single objects, and reads by name. What it does in earnest is tested with a
 * real one.
 */
export class ApiStub implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** Path of an object -> the object. */
  readonly objects: Map<string, object> = new Map();
  fault: Fault = () => false;
  #server: Server;
  #watches = new Map<string, ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<ApiStub> {
    const stub = new ApiStub();
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many watches of the object are open or were. */
  watchesOf(name: string): number {
    return this.asked.filter(({ query }) => query['watch'] === '1' && nameIn(query) === name).length;
  }

  listsOf(name: string): number {
    return this.asked.filter(({ query }) => query['watch'] === undefined && nameIn(query) === name).length;
  }

  /** Sends to the object's watch, which is waited for. */
  async send(name: string, text: string): Promise<void> {
    (await this.#watchOf(name)).write(text);
  }

  async event(name: string, type: string, object: object): Promise<void> {
    await this.send(name, `${JSON.stringify({ type, object })}\n`);
  }

  /** Ends the object's watch as a server does when its time is over. */
  async end(name: string): Promise<void> {
    (await this.#watchOf(name)).end();
    this.#watches.delete(name);
  }

  /** Breaks the connection. */
  async cut(name: string): Promise<void> {
    (await this.#watchOf(name)).destroy();
    this.#watches.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #watchOf(name: string): Promise<ServerResponse> {
    await eventually(`${name} is watched`, () => this.#watches.has(name));
    return this.#watches.get(name) as ServerResponse;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://stub');
    const query = Object.fromEntries(url.searchParams);
    const asked = { path: url.pathname, query, token: request.headers.authorization?.replace('Bearer ', '') };
    this.asked.push(asked);
    if (this.fault(asked, response)) return;
    const name = nameIn(query);
    if (query['watch'] === '1') return this.#openWatch(name, response);
    if (name !== '') return this.#list(`${url.pathname}/${name}`, response);
    const object = this.objects.get(url.pathname);
    if (object === undefined) return status(response, 404, 'there is none');
    response.end(JSON.stringify(object));
  }

  #openWatch(name: string, response: ServerResponse): void {
    response.flushHeaders();
    this.#watches.set(name, response);
    response.on('close', () => {
      if (this.#watches.get(name) === response) this.#watches.delete(name);
    });
  }

  #list(path: string, response: ServerResponse): void {
    const object = this.objects.get(path);
    const items = object === undefined ? [] : [object];
    response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '7' }, items }));
  }
}

export function status(response: ServerResponse, code: number, message: string): void {
  response.statusCode = code;
  response.end(JSON.stringify({ kind: 'Status', code, message }));
}

function nameIn(query: Readonly<Record<string, string>>): string {
  return query['fieldSelector']?.replace('metadata.name=', '') ?? '';
}
