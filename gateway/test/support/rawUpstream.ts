import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Message, readHead, readMessage } from './messageReader.ts';

/** A request as the backend saw it, and the connection it came on. */
export interface SeenRequest extends Message {
  readonly method: string;
  readonly target: string;
  readonly socket: Socket;
}

export interface UpstreamScript {
  /** Called with each complete request. */
  readonly onRequest?: (request: SeenRequest, upstream: RawUpstream) => void;
  /** Called with each request's head, before its body is complete. */
  readonly onHead?: (head: Omit<SeenRequest, 'body' | 'trailers'>, upstream: RawUpstream) => void;
  readonly onConnection?: (socket: Socket) => void;
  /** Reads requests off the sockets; without, nothing is read but by the script. */
  readonly reads?: boolean;
  /** Keeps its side of a connection open when the other ends. */
  readonly allowHalfOpen?: boolean;
  /** A port that was in use before, or any. */
  readonly port?: number;
}

/** A complete answer with a body of text. */
export function answer(body = 'ok', head = 'HTTP/1.1 200 OK'): string {
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** A backend on bare sockets: reads requests strictly, keeps them, and answers as its script says (200 by default). */
export class RawUpstream implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  /** What could not be read as a request. */
  readonly malformed: string[] = [];
  readonly sockets: Set<Socket> = new Set<Socket>();
  connections = 0;
  readonly #server: Server;
  readonly #script: UpstreamScript;
  #waiting: (() => void)[] = [];
  #handedOut = 0;

  private constructor(script: UpstreamScript) {
    this.#script = script;
    const options = { allowHalfOpen: script.allowHalfOpen ?? false, noDelay: true };
    this.#server = createServer(options, (socket) => this.#open(socket));
  }

  static async start(script: UpstreamScript | ((request: SeenRequest) => void) = {}): Promise<RawUpstream> {
    const upstream = new RawUpstream(typeof script === 'function' ? { onRequest: script } : script);
    upstream.#server.listen(typeof script === 'function' ? 0 : (script.port ?? 0), '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next complete request that was not handed out yet. */
  async request(): Promise<SeenRequest> {
    while (this.requests.length <= this.#handedOut) await this.#change();
    return this.requests[this.#handedOut++] as SeenRequest;
  }

  /** Waits for a connection to be there and returns the latest. */
  async socket(): Promise<Socket> {
    while (this.sockets.size === 0) await this.#change();
    return [...this.sockets].at(-1) as Socket;
  }

  /** Waits until no connection is left. */
  async abandoned(): Promise<void> {
    while (this.sockets.size > 0) await this.#change();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #open(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.setDefaultEncoding('latin1');
    socket.on('error', () => {});
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.#wake();
    });
    this.#script.onConnection?.(socket);
    if (this.#script.reads !== false) this.#read(socket);
    this.#wake();
  }

  #read(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    let headSeen = false;
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      try {
        if (!headSeen && this.#script.onHead !== undefined) headSeen = this.#announceHead(received, socket);
        for (let end = this.#take(received, socket); end > 0; end = this.#take(received, socket)) {
          received = received.subarray(end);
          headSeen = false;
        }
      } catch {
        this.malformed.push(received.toString('latin1'));
        socket.destroy();
      }
    };
    socket.on('data', onData);
    // A tunnel is no HTTP any more: its owner reads it.
    socket.on('tunnel', () => socket.off('data', onData));
  }

  #announceHead(received: Buffer, socket: Socket): boolean {
    const head = readHead(received);
    if (head === undefined) return false;
    this.#script.onHead?.(
      { ...startOf(head.startLine), headers: head.headers, startLine: head.startLine, socket },
      this,
    );
    return true;
  }

  #take(received: Buffer, socket: Socket): number {
    const found = readMessage(received, () => 'ByHeaders', false);
    if (found === undefined) return 0;
    const request: SeenRequest = { ...found.message, ...startOf(found.message.startLine), socket };
    this.requests.push(request);
    this.#wake();
    if (this.#script.onRequest !== undefined) this.#script.onRequest(request, this);
    else if (this.#script.onHead === undefined) socket.write(answer());
    return found.end;
  }

  #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function startOf(startLine: string): Pick<SeenRequest, 'method' | 'target'> {
  const parts = /^([A-Z-]+) (\S+) HTTP\/1\.1$/.exec(startLine);
  if (parts === null) throw new Error(`not a request line: ${JSON.stringify(startLine)}`);
  return { method: parts[1] as string, target: parts[2] as string };
}
