import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startStack } from '../support/stack.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const TOTAL_BYTES = 32 * 1024 * 1024;
/** What the buffers of four sockets, two kernels' sides each, may hold together; the rest must wait at its sender. */
const IN_BETWEEN_BYTES = 16 * 1024 * 1024;

/** Writes a stream of known bytes, as fast as the other side takes it. */
class Pump {
  readonly #chunk = Buffer.alloc(65_536, 'evergate streams ');
  readonly hash = createHash('sha256');
  written = 0;

  async run(socket: Socket, bytes: number): Promise<void> {
    while (this.written < bytes) {
      this.written += this.#chunk.length;
      this.hash.update(this.#chunk);
      if (!socket.write(this.#chunk)) await once(socket, 'drain');
    }
  }
}

/** Waits until `value` has stood still for a while of turns: whoever moves it has nothing to do any more. */
async function still(value: () => number): Promise<void> {
  let last = value();
  let turns = 0;
  await eventually('it stands still', () => {
    turns = value() === last ? turns + 1 : 0;
    last = value();
    return turns > 2_000;
  });
}

describe('a body that is larger than every buffer', () => {
  test('waits at the backend while the client does not read, then arrives whole', async () => {
    const pump = new Pump();
    await using rig = await startStack(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${TOTAL_BYTES}\r\n\r\n`);
      pump.run(socket, TOTAL_BYTES).catch(() => {});
    });
    const received = createHash('sha256');
    rig.client.socket.removeAllListeners('data');
    rig.client.socket.pause();
    rig.client.send(GET);
    await eventually('bytes flow', () => pump.written > 0);
    await still(() => pump.written);
    expect(pump.written).toBeLessThan(IN_BETWEEN_BYTES);
    let left = TOTAL_BYTES;
    let isHead = true;
    rig.client.socket.on('data', (chunk: Buffer) => {
      const body = isHead ? chunk.subarray(chunk.indexOf('\r\n\r\n') + 4) : chunk;
      isHead = false;
      left -= body.length;
      received.update(body);
    });
    rig.client.socket.resume();
    await eventually('all of it has come', () => left === 0);
    expect(received.digest('hex')).toBe(pump.hash.digest('hex'));
    expect(await rig.gateway.settled()).toMatchObject({ status: 200, responseBytes: TOTAL_BYTES });
  });

  test.each([
    { name: 'with a length', fields: `content-length: ${TOTAL_BYTES}` },
    { name: 'in chunks', fields: 'transfer-encoding: chunked' },
  ])('waits at the client while the backend does not read, then arrives whole: $name', async ({ fields }) => {
    const isChunked = fields.includes('chunked');
    const head = `POST /a HTTP/1.1\r\nhost: shop\r\n${fields}\r\n\r\n`;
    await using rig = await startStack({ reads: false });
    rig.client.send(isChunked ? `${head}${TOTAL_BYTES.toString(16)}\r\n` : head);
    const pump = new Pump();
    const pumped = pump.run(rig.client.socket, TOTAL_BYTES);
    const socket = await rig.upstream.socket();
    await eventually('bytes flow', () => pump.written > 0);
    await still(() => pump.written);
    expect(pump.written).toBeLessThan(IN_BETWEEN_BYTES);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await pumped;
    if (isChunked) rig.client.send('\r\n0\r\n\r\n');
    await eventually('all of it has come', () => received > TOTAL_BYTES);
    await still(() => received);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
    expect(await rig.gateway.settled()).toMatchObject({ status: 200, requestBytes: TOTAL_BYTES });
  });

  test('ends at both sides when the client leaves in the middle of it', async () => {
    const pump = new Pump();
    await using rig = await startStack(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${TOTAL_BYTES}\r\n\r\n`);
      pump.run(socket, TOTAL_BYTES).catch(() => {});
    });
    rig.client.socket.removeAllListeners('data');
    rig.client.socket.pause();
    rig.client.send(GET);
    await still(() => pump.written);
    rig.client.socket.destroy();
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ aborted: true });
  });
});

describe('bytes that come one by one', () => {
  test('reach the client as they come: the head alone, then each event', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    rig.client.send(GET);
    await rig.client.seen('\r\n\r\n');
    const socket = await rig.upstream.socket();
    for (const event of ['one', 'two', 'three']) {
      socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await rig.client.seen(event);
    }
    socket.write('0\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ body: 'onetwothree' });
  });

  test.each([
    { name: 'with a length', head: 'HTTP/1.1 200 OK\r\ncontent-length: 3' },
    { name: 'until the connection ends', head: 'HTTP/1.1 200 OK' },
  ])('reach the client as they come $name, also behind an informational response', async ({ head }) => {
    await using rig = await startStack(`HTTP/1.1 103 Early\r\n\r\n${head}\r\n\r\n`);
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ status: 103 });
    await rig.client.seen('\r\n\r\n');
    const socket = await rig.upstream.socket();
    socket.write('abc', () => socket.end());
    expect(await rig.client.response()).toMatchObject({ body: 'abc' });
  });

  test('reach the client when the head itself comes in pieces', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\ncontent-le');
    rig.client.send(GET);
    await rig.upstream.request();
    const socket = await rig.upstream.socket();
    socket.write('ngth: 3\r\n\r\n');
    await rig.client.seen('\r\n\r\n');
    socket.write('abc');
    expect(await rig.client.response()).toMatchObject({ body: 'abc' });
  });

  test('reach the backend as they come', async () => {
    await using rig = await startStack({ reads: false });
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n');
    let received = '';
    const socket = await rig.upstream.socket();
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    for (const word of ['one', 'two', 'three']) {
      rig.client.send(`${word.length.toString(16)}\r\n${word}\r\n`);
      await eventually(word, () => received.includes(word));
    }
    rig.client.send('0\r\n\r\n');
    await eventually('the end', () => received.endsWith('0\r\n\r\n'));
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });
});

describe('a short body', () => {
  test('reaches the backend in one piece, once the client has sent it', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\n\r\nab');
    await eventually('the request has begun', () => rig.gateway.counters.requestsInFlight === 1);
    expect(rig.upstream.connections).toBe(0);
    rig.client.send('cde');
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
    expect(rig.upstream.requests).toMatchObject([{ body: 'abcde' }]);
    expect(await rig.gateway.settled()).toMatchObject({ requestBytes: 5, attempts: 1 });
  });
});
