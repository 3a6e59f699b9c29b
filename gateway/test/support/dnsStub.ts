import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

const TYPE_A = 1;
const HEADER_BYTES = 12;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;

export interface Zone {
  readonly ttl: number;
  readonly addresses: readonly string[];
}

/** A name server on loopback that answers as the test says, and remembers what it was asked. */
export class DnsStub implements AsyncDisposable {
  readonly zones: Map<string, Zone> = new Map<string, Zone>();
  /** Every question is answered with a failure. */
  failing = false;
  readonly asked: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, peer) => socket.send(this.#answer(query), peer.port, peer.address));
  }

  static async start(): Promise<DnsStub> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsStub(socket);
  }

  get server(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(query: Buffer): Buffer {
    const { name, type, end } = readQuestion(query);
    this.asked.push(`${name} ${type === TYPE_A ? 'A' : 'AAAA'}`);
    const zone = this.zones.get(name);
    const family = type === TYPE_A ? 4 : 6;
    const addresses = (zone?.addresses ?? []).filter((address) => isIP(address) === family);
    const code = this.failing ? SERVER_FAILURE : zone === undefined ? NO_SUCH_NAME : 0;
    const records = code === 0 ? addresses.map((address) => record(type, zone?.ttl ?? 0, address)) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
  }
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Its name points at the question's. */
function record(type: number, ttl: number, address: string): Buffer {
  const data = type === TYPE_A ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [front = '', back] = address.split('::');
  const groups = (text: string | undefined): number[] =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [first, last] = [groups(front), groups(back)];
  const all =
    back === undefined ? first : [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
