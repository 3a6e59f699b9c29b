import { describe, expect, test } from '@jest/globals';
import { field, fieldValues } from '../support/messageReader.ts';
import { answer, type SeenRequest } from '../support/rawUpstream.ts';
import { startStack } from '../support/stack.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';

describe('a response', () => {
  const cases: readonly { name: string; reply: string; body: string; length?: string; coding?: string }[] = [
    { name: 'with a length', reply: answer('hello'), body: 'hello', length: '5' },
    { name: 'with a length of 0', reply: answer(''), body: '', length: '0' },
    {
      name: 'in chunks',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      body: 'abcde',
      coding: 'chunked',
    },
    {
      name: 'in no chunk at all',
      reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      body: '',
      coding: 'chunked',
    },
  ];
  test.each(cases)('$name passes and both connections are kept', async ({ reply, body, length, coding }) => {
    await using rig = await startStack(reply);
    for (let round = 0; round < 2; round++) {
      rig.client.send(GET);
      const response = await rig.client.response();
      expect(response).toMatchObject({ status: 200, body });
      expect(field(response, 'content-length')).toBe(length);
      expect(field(response, 'transfer-encoding')).toBe(coding);
    }
    expect(rig.upstream.connections).toBe(1);
    expect(await rig.gateway.settled()).toMatchObject({ status: 200, aborted: false, responseBytes: body.length });
  });

  test('that ends with its connection is whole for the client, whose connection is kept', async () => {
    await using rig = await startStack(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    for (let round = 0; round < 2; round++) {
      rig.client.send(GET);
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'until the end' });
    }
    expect(rig.upstream.connections).toBe(2);
  });

  test('of 204 and 304 has no body, and the connections are kept', async () => {
    const replies = [
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\netag: "a"\r\ncontent-length: 9\r\n\r\n',
    ];
    await using rig = await startStack(({ socket }) => socket.write(replies.shift() ?? answer('after')));
    rig.client.send(GET + GET + GET);
    const [first, second, third] = [
      await rig.client.response(),
      await rig.client.response(),
      await rig.client.response(),
    ];
    expect(first).toMatchObject({ status: 204, body: '' });
    expect(fieldValues(first, 'transfer-encoding')).toEqual([]);
    expect(second).toMatchObject({ status: 304, body: '' });
    expect(fieldValues(second, 'etag')).toEqual(['"a"']);
    expect(third).toMatchObject({ status: 200, body: 'after' });
  });

  test('to HEAD keeps its length, has no body, and keeps both connections', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1234\r\n\r\n');
    for (let round = 0; round < 3; round++) {
      rig.client.send('HEAD /a HTTP/1.1\r\nhost: shop\r\n\r\n');
      const response = await rig.client.response('HEAD');
      expect(field(response, 'content-length')).toBe('1234');
    }
    expect(rig.client.unread).toBe('');
    expect(rig.upstream.connections).toBe(1);
    expect(field(rig.upstream.requests[0] as SeenRequest, 'connection')).toBe('keep-alive');
  });

  test('in chunks to HEAD says nothing of a length', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    rig.client.send('HEAD /a HTTP/1.1\r\nhost: shop\r\n\r\n');
    const response = await rig.client.response('HEAD');
    expect(fieldValues(response, 'content-length')).toEqual([]);
    rig.client.send('HEAD /b HTTP/1.1\r\nhost: shop\r\n\r\n');
    expect(await rig.client.response('HEAD')).toMatchObject({ status: 200 });
  });

  test('keeps its trailers and their announcement', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\nx-more: 8\r\n\r\n',
    );
    rig.client.send(GET);
    const response = await rig.client.response();
    expect(field(response, 'trailer')).toBe('x-sum');
    expect(response).toMatchObject({ body: 'abc', trailers: ['x-sum', '7', 'x-more', '8'] });
  });

  test('without a chunk keeps its trailers', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 7\r\n\r\n',
    );
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ body: '', trailers: ['x-sum', '7'] });
  });

  test('loses trailers that would change how it is read', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\ncontent-type: a/b\r\nx-sum: 7\r\nconnection: x\r\n\r\n',
    );
    rig.client.send(GET);
    expect((await rig.client.response()).trailers).toEqual(['x-sum', '7']);
  });

  test.each([
    { name: 'with a length', head: 'content-length: 3\r\ntrailer: x-sum', method: 'GET', body: 'abc' },
    { name: 'to HEAD', head: 'transfer-encoding: chunked\r\ntrailer: x-sum', method: 'HEAD', body: '' },
  ])('$name that announces trailers passes without the announcement', async ({ head, method, body }) => {
    await using rig = await startStack(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);
    rig.client.send(`${method} /a HTTP/1.1\r\nhost: shop\r\n\r\n`);
    const response = await rig.client.response(method);
    expect(response).toMatchObject({ status: 200, body });
    expect(fieldValues(response, 'trailer')).toEqual([]);
  });

  test('keeps repeated fields in their order, and values of eight bits', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nx-two: 1\r\nset-cookie: b=2\r\nx-two: \xe9\xff\r\nset-cookie: c=3\r\ncontent-length: 0\r\n\r\n',
    );
    rig.client.send(GET);
    const response = await rig.client.response();
    expect(fieldValues(response, 'set-cookie')).toEqual(['a=1', 'b=2', 'c=3']);
    expect(fieldValues(response, 'x-two')).toEqual(['1', '\xe9\xff']);
  });

  test('loses what belongs to the backend connection', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\nconnection: keep-alive, X-Named\r\nx-named: 1\r\nkeep-alive: timeout=9\r\nproxy-authenticate: Basic\r\nupgrade: h2c\r\nproxy-connection: close\r\nx-kept: 1\r\ncontent-length: 0\r\n\r\n',
    );
    rig.client.send(GET);
    const response = await rig.client.response();
    for (const name of ['x-named', 'proxy-authenticate', 'upgrade', 'proxy-connection'])
      expect([name, fieldValues(response, name)]).toEqual([name, []]);
    expect(field(response, 'keep-alive')).not.toBe('timeout=9');
    expect(field(response, 'x-kept')).toBe('1');
  });

  test.each([
    {
      name: 'closes after the response when it asks to',
      request: 'GET /a HTTP/1.0\r\nhost: shop\r\n\r\n',
      kept: false,
    },
    {
      name: 'keeps its connection',
      request: 'GET /a HTTP/1.0\r\nhost: shop\r\nconnection: keep-alive\r\n\r\n',
      kept: true,
    },
  ])('to a client of HTTP/1.0 with a length: $name', async ({ request, kept }) => {
    await using rig = await startStack(answer('old'));
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'old' });
    if (!kept) return expect(await rig.client.ended()).toBe('');
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'old' });
  });

  test('in chunks ends with the connection for a client of HTTP/1.0', async () => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ntrailer: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: 1\r\n\r\n',
    );
    rig.client.send('GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n');
    const response = await rig.client.response();
    expect(response.body).toBe('abc');
    expect(fieldValues(response, 'transfer-encoding')).toEqual([]);
    expect(rig.client.failed).toBe(false);
  });
});

describe('informational responses', () => {
  test('pass, all of them, before the final one', async () => {
    await using rig = await startStack(
      `HTTP/1.1 103 Early Hints\r\nlink: <a>\r\nlink: <b>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <c>\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n${answer()}`,
    );
    rig.client.send(GET);
    const first = await rig.client.response();
    expect([first.status, fieldValues(first, 'link')]).toEqual([103, ['<a>', '<b>']]);
    expect(await rig.client.response()).toMatchObject({ status: 102 });
    const third = await rig.client.response();
    expect([third.status, third.headers]).toEqual([103, ['link', '<c>']]);
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
  });

  test('are not sent to clients of HTTP/1.0', async () => {
    await using rig = await startStack(`HTTP/1.1 103 Early Hints\r\n\r\n${answer()}`);
    rig.client.send('GET /a HTTP/1.0\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });

  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
  test.each([
    { name: 'in one piece', reply: CONTINUE + answer(), informs: 0 },
    { name: 'twice, with a field', reply: `HTTP/1.1 100 C\r\nx-a: 1\r\n\r\n${CONTINUE}${answer()}`, informs: 0 },
    { name: 'after a 103', reply: `HTTP/1.1 103 Early\r\n\r\n${CONTINUE}${answer()}`, informs: 1 },
    { name: 'before a 103', reply: `${CONTINUE}HTTP/1.1 103 Early\r\n\r\n${answer()}`, informs: 1 },
    {
      name: 'between two of 103',
      reply: `HTTP/1.1 103 Early\r\n\r\n${CONTINUE}HTTP/1.1 103 Early\r\n\r\n${answer()}`,
      informs: 2,
    },
  ])('of 100 that nobody asked for are dropped: $name, at once and byte by byte', async ({ reply, informs }) => {
    let slowly = false;
    await using rig = await startStack(({ socket }) => (slowly ? drip(socket, reply) : void socket.write(reply)));
    for (slowly of [false, true]) {
      rig.client.send(GET);
      for (let left = informs; left > 0; left--) expect(await rig.client.response()).toMatchObject({ status: 103 });
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(rig.upstream.connections).toBe(1);
  });
});

describe('a request body', () => {
  const cases: readonly { name: string; request: string; body: string; length?: string; coding?: string }[] = [
    {
      name: 'with a length',
      request: 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\n\r\nabc',
      body: 'abc',
      length: '3',
    },
    {
      name: 'in chunks with extensions',
      request:
        'POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n1;a=b\r\na\r\n2\r\nbc\r\n0\r\nx-t: 1\r\n\r\n',
      body: 'abc',
      coding: 'chunked',
    },
    {
      name: 'of length 0',
      request: 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n',
      body: '',
      length: '0',
    },
    {
      name: 'of no chunk',
      request: 'PUT /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      body: '',
      length: '0',
    },
    { name: 'that is missing', request: 'POST /a HTTP/1.1\r\nhost: shop\r\n\r\n', body: '', length: '0' },
    {
      name: 'of a GET',
      request: 'GET /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\n\r\nabc',
      body: 'abc',
      length: '3',
    },
    {
      name: 'of a DELETE in chunks',
      request: 'DELETE /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      body: 'abc',
      coding: 'chunked',
    },
  ];
  test.each(cases)('$name reaches the backend', async ({ request, body, length, coding }) => {
    await using rig = await startStack(answer());
    rig.client.send(request + request);
    for (let round = 0; round < 2; round++) {
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
      const seen = await rig.upstream.request();
      expect(seen.body).toBe(body);
      expect(fieldValues(seen, 'content-length')).toEqual(length === undefined ? [] : [length]);
      expect(fieldValues(seen, 'transfer-encoding')).toEqual(coding === undefined ? [] : [coding]);
    }
    expect(rig.upstream.malformed).toEqual([]);
    expect(await rig.gateway.settled()).toMatchObject({ requestBytes: body.length });
  });
});

/** One byte a turn of the event loop. */
function drip(socket: SeenRequest['socket'], text: string): void {
  if (text === '') return;
  socket.write(Buffer.from(text.slice(0, 1), 'latin1'), () => setImmediate(() => drip(socket, text.slice(1))));
}
