import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import { RawUpstream, type UpstreamScript } from '../support/rawUpstream.ts';

const GET = 'GET /a?b HTTP/1.1\r\nhost: shop\r\n\r\n';
const POST = 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\n\r\nabc';
const CHUNKED = 'POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

async function startMirrored(mirror: UpstreamScript, percent = 100) {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await RawUpstream.start());
  const mirrored = stack.use(await RawUpstream.start(mirror));
  const rule = to('app', { filters: [{ type: 'RequestMirror', backend: 'mirror', percent }] });
  const backends = { app: [upstream.port], mirror: [mirrored.port] };
  const gateway = stack.use(await GatewayUnderTest.start({ backends, rules: [rule] }));
  const client = stack.use(await gateway.client());
  return { upstream, mirrored, gateway, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a mirrored request', () => {
  test.each([
    { name: 'without a body', request: GET, body: '' },
    { name: 'with a length', request: POST, body: 'abc' },
    { name: 'in chunks', request: CHUNKED, body: 'abc' },
  ])('$name reaches both, the same', async ({ request, body }) => {
    await using rig = await startMirrored({});
    for (let round = 0; round < 2; round++) {
      rig.client.send(request);
      expect(await rig.client.response()).toMatchObject({ status: 200 });
      const [seen, copy] = [await rig.upstream.request(), await rig.mirrored.request()];
      expect([copy.method, copy.target, copy.body]).toEqual([seen.method, seen.target, body]);
      expect(field(copy, 'x-request-id')).toBe(field(seen, 'x-request-id'));
      expect(field(copy, 'host')).toBe('shop');
    }
    await rig.gateway.settled();
    expect(rig.mirrored.malformed).toEqual([]);
  });

  test.each([
    { percent: 0, copies: 0 },
    { percent: 100, copies: 10 },
  ])('is copied in $percent % of all cases', async ({ percent, copies }) => {
    await using rig = await startMirrored({}, percent);
    for (let round = 0; round < 10; round++) {
      rig.client.send(GET);
      await rig.client.response();
    }
    await eventually('the copies have come', () => rig.mirrored.requests.length >= copies);
    await rig.gateway.settled();
    expect(rig.mirrored.requests).toHaveLength(copies);
  });

  test.each([
    {
      name: 'answers with an error',
      script: { onRequest: ({ socket }) => void socket.write('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n') },
    },
    { name: 'resets', script: { onRequest: ({ socket }) => void socket.resetAndDestroy() } },
    { name: 'answers with no HTTP', script: { onRequest: ({ socket }) => void socket.end('what?') } },
    {
      name: 'answers at length',
      script: {
        onRequest: ({ socket }) =>
          void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n${'x'.repeat(999_999)}`),
      },
    },
  ] satisfies readonly { name: string; script: UpstreamScript }[])(
    'harms nobody when the mirror $name',
    async ({ script }) => {
      await using rig = await startMirrored(script);
      for (const request of [GET, POST, CHUNKED]) {
        rig.client.send(request);
        expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
      }
      await eventually('the copies have come', () => rig.mirrored.requests.length === 3);
      await rig.gateway.settled();
    },
  );

  test('is let go 15 s after, when the mirror does not answer', async () => {
    await using rig = await startMirrored({ onRequest: () => {} });
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
    await rig.mirrored.request();
    rig.gateway.skip(16_000);
    await rig.mirrored.abandoned();
    await rig.gateway.settled();
  });

  test.each([
    {
      name: 'is too large to be kept',
      request: `POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 300000\r\n\r\n${'x'.repeat(300_000)}`,
      status: 200,
    },
    {
      name: 'breaks off',
      request: 'POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz',
      status: 400,
    },
  ])('is not sent where its body $name', async ({ request, status }) => {
    await using rig = await startMirrored({});
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status });
    await rig.gateway.settled();
    expect(rig.gateway.counters.mirrorsDropped).toBe(1);
    expect(rig.mirrored.connections).toBe(0);
  });
});
