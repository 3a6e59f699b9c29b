import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Framing, type Message, readMessage } from './messageReader.ts';

export interface Response extends Message {
  readonly status: number;
}

/** A client on a bare socket: what it sends is sent as it stands, and answers are read strictly. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #closed = false;
  #failed = false;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {
      this.#failed = true;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Bytes that came and no `response` or `take` has read. */
  get unread(): string {
    return this.#received.toString('latin1');
  }

  /** The connection ended with an error, a reset for instance. */
  get failed(): boolean {
    return this.#failed;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The next response, informational ones included. `method` is that of its request. Rejects where it breaks off. */
  async response(method = 'GET'): Promise<Response> {
    for (;;) {
      const over = this.#ended || this.#closed;
      const found = readMessage(
        this.#received,
        ({ startLine }) => responseFraming(startLine, method),
        over && !this.#failed,
      );
      if (found !== undefined) {
        this.#received = this.#received.subarray(found.end);
        return { ...found.message, status: Number(found.message.startLine.split(' ')[1]) };
      }
      if (over) throw new Error(`the connection ended after ${JSON.stringify(this.unread.slice(0, 500))}`);
      await this.#change();
    }
  }

  /** Waits until `text` has come. */
  async seen(text: string): Promise<void> {
    while (!this.unread.includes(text)) {
      if (this.#ended || this.#closed) throw new Error(`ended before ${JSON.stringify(text)}: ${this.unread}`);
      await this.#change();
    }
  }

  /** Waits until the other side has ended or reset the connection; returns what came and was not read. */
  async ended(): Promise<string> {
    while (!this.#ended && !this.#closed) await this.#change();
    return this.unread;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    while (!this.#closed) await this.#change();
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

function responseFraming(startLine: string, method: string): Framing {
  const status = Number(startLine.split(' ')[1]);
  return method === 'HEAD' || status < 200 || status === 204 || status === 304 ? 'None' : 'UntilClose';
}
