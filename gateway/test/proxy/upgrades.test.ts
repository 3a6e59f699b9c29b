import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { field, fieldValues } from '../support/messageReader.ts';
import { answer, type SeenRequest } from '../support/rawUpstream.ts';
import { startStack } from '../support/stack.ts';
import { echo, SWITCH, switching, UPGRADE } from '../support/switching.ts';

describe('an upgrade', () => {
  test('becomes a tunnel once the backend has switched, and carries bytes both ways', async () => {
    await using rig = await startStack(switching(echo, 'hello'));
    rig.client.send(UPGRADE);
    const response = await rig.client.response();
    expect(response.status).toBe(101);
    expect(fieldValues(response, 'connection')).toEqual(['Upgrade']);
    expect(fieldValues(response, 'upgrade')).toEqual(['websocket']);
    expect(field(response, 'sec-websocket-accept')).toBe('def');
    await rig.client.seen('hello');
    rig.client.send('one');
    await rig.client.seen('helloone');
    const [seen] = rig.upstream.requests as [SeenRequest];
    expect([field(seen, 'connection'), field(seen, 'upgrade'), field(seen, 'sec-websocket-key')]).toEqual([
      'upgrade',
      'websocket',
      'abc',
    ]);
    expect(rig.gateway.accessLines).toMatchObject([{ status: 101, aborted: false }]);
    expect(rig.gateway.inFlight).toBe(1);
  });

  test('brings along what the client sent before the switch', async () => {
    let received = '';
    await using rig = await startStack(
      switching((socket) =>
        socket.on('data', (chunk: Buffer) => {
          received += chunk.toString('latin1');
        }),
      ),
    );
    rig.client.send(`${UPGRADE}early`);
    await rig.client.response();
    rig.client.send(', late');
    await eventually('all of it has come', () => received === 'early, late');
  });

  test('gets bytes sent while the backend thinks', async () => {
    let received = '';
    await using rig = await startStack({
      onRequest: ({ socket }) => {
        socket.emit('tunnel');
        socket.on('data', (chunk: Buffer) => {
          received += chunk.toString('latin1');
        });
      },
    });
    rig.client.send(UPGRADE);
    const { socket } = await rig.upstream.request();
    rig.client.send('meanwhile');
    socket.write(SWITCH);
    await rig.client.response();
    await eventually('it has come', () => received === 'meanwhile');
  });

  test.each([
    { name: '401', reply: answer('no', 'HTTP/1.1 401 Unauthorized'), status: 401, body: 'no' },
    {
      name: '200 in chunks',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      status: 200,
      body: 'ok',
    },
    {
      name: '426',
      reply: 'HTTP/1.1 426 Upgrade Required\r\nupgrade: x\r\ncontent-length: 0\r\n\r\n',
      status: 426,
      body: '',
    },
  ])('that the backend refuses with $name is answered so, and the connection ends', async ({ reply, status, body }) => {
    await using rig = await startStack(reply);
    rig.client.send(`${UPGRADE}GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n`);
    const response = await rig.client.response();
    expect(response).toMatchObject({ status, body });
    expect(fieldValues(response, 'connection')).toEqual(['close']);
    expect(await rig.client.ended()).toBe('');
    await rig.upstream.abandoned();
    expect(rig.upstream.requests).toHaveLength(1);
    expect(await rig.gateway.settled()).toMatchObject({ status });
  });

  test('that is refused at length is answered whole, to a slow client too', async () => {
    const body = 'x'.repeat(8_000_000);
    await using rig = await startStack(({ socket }) => void socket.write(answer(body, 'HTTP/1.1 403 Forbidden')));
    rig.client.socket.pause();
    rig.client.send(UPGRADE);
    await rig.upstream.request();
    rig.client.socket.resume();
    const response = await rig.client.response();
    expect([response.status, response.body.length]).toEqual([403, body.length]);
  });

  test.each([
    { name: '404 where no route matches', rule: { hostnames: ['other'] }, status: 404 },
    {
      name: 'a redirect',
      rule: { filters: [{ type: 'RequestRedirect' as const, hostname: 'new', statusCode: 302 as const }] },
      status: 302,
    },
    { name: '500 without a backend', rule: { backends: [] }, status: 500 },
  ])('gets $name before any tunnel', async ({ rule, status }) => {
    await using rig = await startStack(switching(), { rule });
    rig.client.send(`${UPGRADE}early`);
    expect(await rig.client.response()).toMatchObject({ status });
    expect(await rig.client.ended()).toBe('');
    expect(rig.upstream.connections).toBe(0);
    await rig.gateway.settled();
  });

  test.each(['', 'HTTP/1.1 101 Sw'])('that the backend breaks off with %j is answered 502', async (bytes) => {
    await using rig = await startStack(({ socket }) => void socket.end(bytes));
    rig.client.send(UPGRADE);
    expect(await rig.client.response()).toMatchObject({ status: 502 });
    expect(await rig.client.ended()).toBe('');
  });

  test('that takes too long is answered 504', async () => {
    await using rig = await startStack({ onRequest: () => {} });
    rig.client.send(UPGRADE);
    await rig.upstream.request();
    rig.gateway.skip(31_000);
    expect(await rig.client.response()).toMatchObject({ status: 504 });
    await rig.upstream.abandoned();
  });

  test.each([
    {
      name: 'to h2c',
      request:
        'GET /a HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\n\r\n',
    },
    { name: 'to TLS', request: 'GET /a HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n' },
    {
      name: 'of HTTP/1.0',
      request: 'GET /a HTTP/1.0\r\nHost: shop\r\nConnection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n',
    },
    {
      name: 'with a body',
      request:
        'GET /a HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc',
    },
    {
      name: 'by another method',
      request:
        'POST /a HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n',
    },
    { name: 'that Connection does not name', request: 'GET /a HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\n\r\n' },
  ])('$name is ignored: an ordinary request goes on, and the connection stays', async ({ request }) => {
    await using rig = await startStack();
    for (let round = 0; round < 2; round++) {
      rig.client.send(request);
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
      const seen = await rig.upstream.request();
      expect([fieldValues(seen, 'upgrade'), fieldValues(seen, 'http2-settings')]).toEqual([[], []]);
    }
  });
});

describe('a client that leaves before the switch', () => {
  test.each([
    { name: 'with a reset', leave: (socket: Socket) => void socket.resetAndDestroy() },
    { name: 'with an end', leave: (socket: Socket) => void socket.end() },
  ])('$name takes the backend connection with it', async ({ leave }) => {
    await using rig = await startStack({ onRequest: () => {} });
    rig.client.send(UPGRADE);
    await rig.upstream.request();
    leave(rig.client.socket);
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ aborted: true, status: 499 });
  });
});
