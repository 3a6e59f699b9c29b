import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { field } from '../support/messageReader.ts';
import type { RawClient } from '../support/rawClient.ts';
import { answer } from '../support/rawUpstream.ts';
import { startStack } from '../support/stack.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const UPLOAD = 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000000\r\n\r\n';
const CHUNKED_UPLOAD = 'POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n';

const leavings: readonly { name: string; leave: (client: RawClient) => void }[] = [
  { name: 'resets its connection', leave: ({ socket }) => void socket.resetAndDestroy() },
  { name: 'closes its connection', leave: ({ socket }) => void socket.destroy() },
  { name: 'ends its side', leave: ({ socket }) => void socket.end() },
];

describe.each(leavings)('a client that $name', ({ leave }) => {
  test('before the head takes the backend connection with it', async () => {
    await using rig = await startStack(() => {});
    rig.client.send(GET);
    await rig.upstream.request();
    leave(rig.client);
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ aborted: true, status: 499, responseBytes: 0 });
  });

  test.each([
    { name: 'a declared length', request: `${UPLOAD}abc` },
    { name: 'chunks', request: CHUNKED_UPLOAD },
  ])('in the middle of an upload of $name takes it as well', async ({ request }) => {
    await using rig = await startStack({ onHead: () => {} });
    rig.client.send(request);
    await rig.upstream.socket();
    await eventually('the upload has begun', () => rig.gateway.inFlight === 1);
    leave(rig.client);
    await rig.upstream.abandoned();
    expect(rig.upstream.requests).toEqual([]);
    expect(await rig.gateway.settled()).toMatchObject({ aborted: true, status: 499 });
  });

  test('in the middle of a download takes it as well', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nabc');
    rig.client.send(GET);
    await rig.client.seen('abc');
    leave(rig.client);
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ aborted: true, status: 200, responseBytes: 3 });
  });

  test('while the backend is being connected to harms nobody', async () => {
    await using rig = await startStack();
    for (const request of [GET, `${UPLOAD}abc`, CHUNKED_UPLOAD]) {
      await using client = await rig.gateway.client();
      const begun = rig.gateway.counters.requestsInFlight;
      client.send(request);
      leave(client);
      await eventually('the request ends', () => rig.gateway.counters.requestsInFlight === begun);
    }
    await rig.gateway.settled();
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });

  test('behind several requests takes all of them', async () => {
    await using rig = await startStack(() => {});
    rig.client.send(GET + GET + GET);
    for (let count = 0; count < 3; count++) await rig.upstream.request();
    leave(rig.client);
    await rig.upstream.abandoned();
    await rig.gateway.settled();
    expect(rig.gateway.accessLines.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});

describe('a backend that breaks off', () => {
  test.each([
    { name: 'before a byte', reply: '' },
    { name: 'in the head', reply: 'HTTP/1.1 200 OK\r\ncontent-le' },
    { name: 'after an informational response', reply: 'HTTP/1.1 103 Early\r\n\r\n' },
    { name: 'with what is no HTTP', reply: 'SSH-2.0-OpenSSH\r\n' },
    {
      name: 'with a switch of protocols that nobody asked for',
      reply: 'HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    },
    { name: 'with a status out of range', reply: 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n' },
    { name: 'with two lengths', reply: 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na' },
    { name: 'with a head without an end', reply: `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}` },
  ])('$name is answered 502', async ({ reply }) => {
    await using rig = await startStack(({ socket }) => void socket.end(reply));
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 1\r\n\r\na');
    let response = await rig.client.response();
    if (response.status === 103) response = await rig.client.response();
    expect(response).toMatchObject({ status: 502 });
    expect(field(response, 'content-type')).toBe('application/problem+json');
    expect(await rig.gateway.settled()).toMatchObject({
      status: 502,
      reason: 'UpstreamBroken',
      aborted: false,
      attempts: 1,
    });
    rig.client.send(GET);
    expect((await rig.client.response()).status).toBeGreaterThanOrEqual(103);
  });

  test.each([
    { name: 'short of its length', reply: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', version: '1.1' },
    {
      name: 'between chunks',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
      version: '1.1',
    },
    { name: 'in a chunk', reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc', version: '1.1' },
    {
      name: 'between chunks',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
      version: '1.0',
    },
    {
      name: 'with a bad chunk',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n',
      version: '1.0',
    },
  ])('$name cuts the connection of a client of HTTP/$version', async ({ reply, version }) => {
    await using rig = await startStack(({ socket }) => void socket.write(reply));
    rig.client.send(`GET /a HTTP/${version}\r\nhost: shop\r\n\r\n`);
    await rig.client.seen('\r\n\r\n');
    (await rig.upstream.socket()).end();
    await expect(rig.client.response()).rejects.toThrow('the connection ended');
    expect(await rig.gateway.settled()).toMatchObject({ status: 200, reason: 'UpstreamBroken' });
  });

  test('with a reset cuts the connection of the client', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\n\r\nabc');
    rig.client.send('GET /a HTTP/1.0\r\n\r\n');
    await rig.client.seen('abc');
    (await rig.upstream.socket()).resetAndDestroy();
    await expect(rig.client.response()).rejects.toThrow('the connection ended');
    expect(rig.client.failed).toBe(true);
  });
});

describe('an answer before the upload is complete', () => {
  test.each(['413 Content Too Large', '401 Unauthorized'])(
    'of %s reaches the client, and the connection ends',
    async (status) => {
      await using rig = await startStack({
        onHead: ({ socket }) => void socket.write(answer('no', `HTTP/1.1 ${status}`)),
      });
      rig.client.send(`${UPLOAD}abc`);
      expect(await rig.client.response()).toMatchObject({ status: Number(status.slice(0, 3)), body: 'no' });
      rig.client.send('x'.repeat(200_000));
      expect(await rig.client.ended()).toBe('');
      expect(rig.client.failed).toBe(false);
      await rig.upstream.abandoned();
      expect(await rig.gateway.settled()).toMatchObject({ aborted: false, responseBytes: 2 });
    },
  );

  test('of the gateway itself to a short body leaves the connection open', async () => {
    await using rig = await startStack({}, { rule: { hostnames: ['shop'] } });
    rig.client.send('POST /a HTTP/1.1\r\nhost: other\r\ncontent-length: 5\r\n\r\nab');
    expect(await rig.client.response()).toMatchObject({ status: 404 });
    rig.client.send(`cde${GET}`);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });

  test('of the gateway itself to a long body ends the connection, which no reset cuts short', async () => {
    await using rig = await startStack({}, { rule: { hostnames: ['shop'] } });
    rig.client.send(`POST /a HTTP/1.1\r\nhost: other\r\ncontent-length: 3000000\r\n\r\n${'x'.repeat(2_000_000)}`);
    expect(await rig.client.response()).toMatchObject({ status: 404 });
    rig.client.send('x'.repeat(1_000_000));
    expect(await rig.client.ended()).toBe('');
    expect(rig.client.failed).toBe(false);
    expect(rig.upstream.connections).toBe(0);
  });

  test('that goes on while the upload does reaches both sides', async () => {
    await using rig = await startStack({
      onHead: ({ socket }) => void socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n'),
      onRequest: ({ socket, body }) => void socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`),
    });
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbc\r\n');
    await rig.client.seen('1\r\na\r\n');
    rig.client.send('2\r\nde\r\n0\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'abcde' });
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });
});

describe('an upload that turns into no HTTP', () => {
  test('fails at the backend, and is answered 400', async () => {
    await using rig = await startStack({ onHead: () => {} });
    rig.client.send(CHUNKED_UPLOAD);
    await rig.upstream.socket();
    rig.client.send('zz\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 400 });
    expect(await rig.client.ended()).toBe('');
    await rig.upstream.abandoned();
    expect(rig.upstream.requests).toEqual([]);
    expect(await rig.gateway.settled()).toMatchObject({ status: 400, reason: 'BadRequest' });
  });
});

test('bytes behind a request that asks to close do not cut its answer, however many', async () => {
  await using rig = await startStack(() => {});
  rig.client.send('GET /a HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n');
  const { socket } = await rig.upstream.request();
  for (let piece = 0; piece < 5; piece++) {
    const seen = rig.client.socket.bytesWritten;
    rig.client.send(`GET /smuggled${piece} HTTP/1.1\r\nhost: shop\r\n\r\n`);
    await eventually(
      'the piece is written',
      () => rig.client.socket.bytesWritten > seen && rig.client.socket.writableLength === 0,
    );
  }
  socket.write(answer('whole'));
  expect(await rig.client.response()).toMatchObject({ status: 200, body: 'whole' });
  expect(await rig.client.ended()).toBe('');
  expect(rig.upstream.requests).toHaveLength(1);
});
