import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayUnderTest } from '../support/gatewayUnderTest.ts';
import { RawUpstream } from '../support/rawUpstream.ts';

let upstream: RawUpstream;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  upstream = await RawUpstream.start();
  gateway = await GatewayUnderTest.start({ backends: { app: [upstream.port] } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** Mostly what passes, at times what is legal and rare, and now and then anything at all. */
function mix(usual: readonly string[], rare: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 16, arbitrary: fc.constantFrom(...usual) },
    { weight: 4, arbitrary: fc.constantFrom(...rare) },
    { weight: 1, arbitrary: bytes },
  );
}

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const bytes = fc.string({ unit: byte, maxLength: 20 });
const visible = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const method = mix(
  ['GET', 'POST', 'HEAD', 'PUT', 'DELETE'],
  ['OPTIONS', 'TRACE', 'M-SEARCH', 'get', 'CONNECT', 'PRI', 'QUERY'],
);
const target = fc.oneof(
  mix(
    ['/', '/a?b=c', '/a/b'],
    ['*', '//', '/a b', '/%2f', '/..', 'http://shop/a', 'https://shop', 'ws://shop/', '/#', '/a\tb'],
  ),
  visible.map((text) => `/${text}`),
  visible.map((text) => `/?${text}`),
);
const version = mix(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', '']);
const name = mix(
  [
    'Accept',
    'Cookie',
    'Connection',
    'Content-Length',
    'TE',
    'Via',
    '__proto__',
    'constructor',
    'traceparent',
    'X-Request-Id',
  ],
  [
    'Host',
    'Keep-Alive',
    'Transfer-Encoding',
    'Expect',
    'Upgrade',
    'Trailer',
    'Proxy-Connection',
    'HTTP2-Settings',
    'X_Forwarded_For',
  ],
);
const value = fc.oneof(
  mix(
    ['0', 'close', 'keep-alive', 'a, b', '"'],
    ['5', 'upgrade', 'websocket', 'h2c', 'chunked', 'gzip, chunked', '100-continue', '-1', ''],
  ),
  fc.string({ unit: fc.integer({ min: 128, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
);
const line = fc.tuple(name, mix([': '], [':', ' : ', ':\t']), value).map((parts) => parts.join(''));
const request = fc
  .record({
    start: fc.tuple(method, target, version),
    host: mix(['Host: shop'], ['X: y', 'Host: a, b']),
    lines: fc.array(line, { maxLength: 4 }),
    end: mix(['\r\n'], ['\n', '\r']),
    body: mix([''], ['abcde', '5\r\nabcde\r\n0\r\n\r\n']),
  })
  .map(({ start, host, lines, end, body }) => [start.join(' '), host, ...lines, '', body].join(end));

/** How many turns of the event loop a request may take to reach the backend and come back. */
const TURNS = 12;

/** Sends the requests one behind the other, then leaves, and waits until the gateway has closed the connection. */
async function attack(requests: readonly string[]): Promise<void> {
  await using client = await gateway.client();
  client.send(requests.join(''));
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
  client.socket.end();
  await client.ended();
}

test('whatever comes, the backend sees well-formed requests only, and the next client is answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      await attack(requests);
      await using client = await gateway.client();
      client.send('POST /plain HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc');
      expect(await client.response()).toMatchObject({ status: 200, body: 'ok' });
      expect(upstream.malformed).toEqual([]);
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(gateway.counters.upstreamErrors.count('Refused')).toBe(0);
  await gateway.settled();
  expect(upstream.requests.filter(({ target }) => target !== '/plain').length).toBeGreaterThan(50);
}, 60_000);
