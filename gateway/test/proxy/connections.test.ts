import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { field } from '../support/messageReader.ts';
import { answer, type SeenRequest } from '../support/rawUpstream.ts';
import { startStack } from '../support/stack.ts';

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: shop\r\n\r\n`;
}

const POST = 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 1\r\n\r\na';

describe('pipelined requests', () => {
  test('are answered in their order, whatever the order of the backend', async () => {
    const held: SeenRequest[] = [];
    await using rig = await startStack((request) => void held.push(request));
    rig.client.send(get('/1') + get('/2%2f') + get('/3') + get('/4'));
    await eventually('all that go to the backend are there', () => held.length === 3);
    for (const { socket, target } of held.toReversed()) socket.write(answer(target));
    expect(await rig.client.response()).toMatchObject({ status: 200, body: '/1' });
    expect(await rig.client.response()).toMatchObject({ status: 400 });
    expect(await rig.client.response()).toMatchObject({ status: 200, body: '/3' });
    expect(await rig.client.response()).toMatchObject({ status: 200, body: '/4' });
    await rig.gateway.settled();
  });

  test('with bodies are kept apart', async () => {
    await using rig = await startStack(({ socket, body }) => void socket.write(answer(`<${body}>`)));
    const chunked = 'POST /b HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbc\r\n0\r\n\r\n';
    rig.client.send(POST + chunked + POST);
    expect((await rig.client.response()).body).toBe('<a>');
    expect((await rig.client.response()).body).toBe('<bc>');
    expect((await rig.client.response()).body).toBe('<a>');
  });

  test('are all answered while the gateway drains, and only the last answer says that the connection ends', async () => {
    const held: SeenRequest[] = [];
    await using rig = await startStack((request) => void held.push(request));
    rig.client.send(get('/1') + get('/2') + get('/3'));
    await eventually('all are there', () => held.length === 3);
    rig.gateway.listener.announceClose();
    for (const { socket, target } of held.toReversed()) socket.write(answer(target));
    for (const path of ['/1', '/2', '/3']) {
      const response = await rig.client.response();
      expect([response.body, field(response, 'connection')]).toEqual([path, path === '/3' ? 'close' : 'keep-alive']);
    }
    expect(await rig.client.ended()).toBe('');
  });

  test('beyond a hundred under way end the connection behind the answers of those', async () => {
    const held: SeenRequest[] = [];
    await using rig = await startStack((request) => void held.push(request));
    rig.client.send(get('/1').repeat(150));
    await eventually('a hundred are there', () => held.length === 100);
    for (const { socket } of held) socket.write(answer());
    for (let count = 0; count < 100; count++) expect(await rig.client.response()).toMatchObject({ status: 200 });
    expect(await rig.client.ended()).toBe('');
    expect(rig.upstream.requests).toHaveLength(100);
  });
});

describe('a kept connection to the backend', () => {
  test('serves one request after the other, of any client', async () => {
    await using rig = await startStack();
    await using other = await rig.gateway.client();
    for (const client of [rig.client, other, rig.client]) {
      client.send(POST);
      expect(await client.response()).toMatchObject({ status: 200 });
    }
    expect(rig.upstream.connections).toBe(1);
  });

  test('is not used again when the backend says so', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok');
    for (let round = 0; round < 2; round++) {
      rig.client.send(get('/a'));
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(rig.upstream.connections).toBe(2);
  });

  test('that the backend has closed meanwhile costs nothing', async () => {
    await using rig = await startStack();
    for (let round = 0; round < 3; round++) {
      rig.client.send(POST);
      expect(await rig.client.response()).toMatchObject({ status: 200 });
      (await rig.upstream.socket()).end();
      await rig.upstream.abandoned();
    }
    expect(rig.gateway.counters.upstreamRetries).toBe(0);
  });

  const closings = [
    { name: 'ends', close: ({ socket }: SeenRequest) => void socket.end() },
    { name: 'is reset', close: ({ socket }: SeenRequest) => void socket.resetAndDestroy() },
  ];
  /** The backend closes each connection when its second request comes. */
  function closingOnReuse(close: (request: SeenRequest) => void): (request: SeenRequest) => void {
    const used = new Set<SeenRequest['socket']>();
    return (request) => {
      if (used.has(request.socket)) return close(request);
      used.add(request.socket);
      request.socket.write(answer());
    };
  }

  test.each(closings)('that $name as a GET goes out costs one more attempt, on a new connection', async ({ close }) => {
    await using rig = await startStack(closingOnReuse(close));
    await using other = await rig.gateway.client();
    // Two kept connections: the second attempt must not go out on the other stale one.
    rig.client.send(get('/1'));
    other.send(get('/2'));
    await rig.client.response();
    await other.response();
    rig.client.send(get('/3'));
    expect(await rig.client.response()).toMatchObject({ status: 200 });
    expect(await rig.gateway.settled()).toMatchObject({ attempts: 2 });
    expect(rig.upstream.requests.map(({ target }) => target)).toEqual(['/1', '/2', '/3', '/3']);
  });

  test.each(closings)('that $name as a POST goes out is answered 502: it is never sent twice', async ({ close }) => {
    await using rig = await startStack(closingOnReuse(close));
    rig.client.send(get('/1'));
    await rig.client.response();
    rig.client.send(POST);
    expect(await rig.client.response()).toMatchObject({ status: 502 });
    expect(rig.upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('that ends in the middle of a head is not tried again, nor a new one', async () => {
    let answers = 0;
    await using rig = await startStack(({ socket }) => {
      if (++answers === 1) socket.write(answer());
      else socket.end('HTTP/1.1 2');
    });
    for (const status of [200, 502, 502]) {
      rig.client.send(get('/a'));
      expect(await rig.client.response()).toMatchObject({ status });
    }
    expect(rig.upstream.requests).toHaveLength(3);
  });
});
