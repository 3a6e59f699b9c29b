import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const BACKLOG = 1;

/** Listens, and then never gets to accept: its thread stands still. */
const SOURCE = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: ${BACKLOG} }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000));
});
`;

/** A port whose queue of connections is full: the kernel drops further attempts without a word. */
export class BlackHole implements AsyncDisposable {
  readonly port: number;
  readonly #worker: Worker;
  readonly #sockets: Socket[] = [];

  private constructor(port: number, worker: Worker) {
    this.port = port;
    this.#worker = worker;
  }

  static async open(): Promise<BlackHole> {
    const worker = new Worker(SOURCE, { eval: true });
    const [port] = await once(worker, 'message');
    const hole = new BlackHole(port, worker);
    // Linux takes one more than the backlog says.
    for (let count = 0; count <= BACKLOG; count++) await once(hole.#connect(), 'connect');
    return hole;
  }

  #connect(): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {});
    this.#sockets.push(socket);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#worker.terminate();
  }
}
