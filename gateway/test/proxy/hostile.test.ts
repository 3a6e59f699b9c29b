import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GatewayUnderTest } from '../support/gatewayUnderTest.ts';
import { RawUpstream } from '../support/rawUpstream.ts';

interface Case {
  readonly name: string;
  readonly bytes: string;
  /** Status codes of the answers, in order; none where the connection just ends. */
  readonly answers: readonly number[];
  /** What the backend sees: method, target and body of each request. */
  readonly seen?: readonly string[];
  /** The client waits for the connection's end, unless it stays open for more. */
  readonly stays?: boolean;
}

const HOST = 'Host: shop\r\n';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n';

/** A request with these framing fields, and bytes behind the head that one parser may take for a body and another for a request. */
function framed(name: string, fields: string, body: string, answers: readonly number[] = [400], seen?: string[]): Case {
  return {
    name,
    bytes: `POST /a HTTP/1.1\r\n${HOST}${fields}\r\n${body}`,
    answers,
    ...(seen && { seen, stays: true }),
  };
}

const chunked = 'Transfer-Encoding: chunked\r\n';
const framing: readonly Case[] = [
  framed('length and chunks', `Content-Length: 5\r\n${chunked}`, `0\r\n\r\n${SMUGGLED}`),
  framed('chunks and length', `${chunked}Content-Length: 5\r\n`, `0\r\n\r\n${SMUGGLED}`),
  framed('two lengths that differ', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'abcdef'),
  framed('two lengths that agree', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'abcde'),
  framed('a list of lengths', 'Content-Length: 5, 5\r\n', 'abcde'),
  framed('a negative length', 'Content-Length: -1\r\n', SMUGGLED),
  framed('a length with a plus', 'Content-Length: +5\r\n', 'abcde'),
  framed('a hexadecimal length', 'Content-Length: 0x5\r\n', 'abcde'),
  framed('a length with a space inside', 'Content-Length: 5 5\r\n', 'abcde'),
  framed('a length that is empty', 'Content-Length: \r\n', SMUGGLED),
  framed('a length beyond 64 bits', 'Content-Length: 18446744073709551621\r\n', 'abcde'),
  framed('a length beyond what a double holds', 'Content-Length: 9007199254740993\r\n', 'abcde'),
  framed('chunked, identity', 'Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('identity, chunked', 'Transfer-Encoding: identity, chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('gzip, chunked', 'Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('xchunked', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('identity alone', 'Transfer-Encoding: identity\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('chunked twice', `${chunked}${chunked}`, `0\r\n\r\n${SMUGGLED}`),
  framed('chunked in quotes', 'Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('an empty coding', 'Transfer-Encoding: \r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('a coding behind a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('a space before the colon', 'Transfer-Encoding : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('a folded coding', 'Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  framed('an underscore for the dash', 'Transfer_Encoding: chunked\r\n', '', [400], []),
  framed('an underscore in a trusted name', 'X_Forwarded_For: 1.2.3.4\r\n', '', [400], []),
  framed('a coding in capitals', 'TRANSFER-ENCODING: CHUNKED\r\n', '0\r\n\r\n', [200], ['POST /a ']),
  framed('a chunk size with a sign', chunked, `+1\r\na\r\n0\r\n\r\n`),
  framed('a chunk size with a prefix', chunked, `0x1\r\na\r\n0\r\n\r\n`),
  framed('a chunk size beyond 64 bits', chunked, `10000000000000001\r\na\r\n0\r\n\r\n`),
  framed('a chunk size with a space before', chunked, ` 1\r\na\r\n0\r\n\r\n`),
  framed('a negative chunk size', chunked, `-1\r\na\r\n0\r\n\r\n`),
  framed('a chunk longer than it says', chunked, `1\r\nab\r\n0\r\n\r\n`),
  framed('a chunk that ends in a bare line feed', chunked, `1\r\na\n0\r\n\r\n`),
  framed('a chunk size that ends in a bare line feed', chunked, `1\na\r\n0\r\n\r\n`),
  framed('a chunk extension with a bare carriage return', chunked, `1;a\rb\r\na\r\n0\r\n\r\n`),
  framed('a chunk extension with a line feed', chunked, `1;a\nb\r\na\r\n0\r\n\r\n`),
  framed('endless chunk extensions', chunked, `1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`),
];

function line(name: string, bytes: string, answers: readonly number[] = [400]): Case {
  return { name, bytes, answers };
}

const lines: readonly Case[] = [
  line('HTTP/0.9', 'GET /a\r\n\r\n', [505]),
  line('HTTP/0.9 with a version', `GET /a HTTP/0.9\r\n${HOST}\r\n`, [505]),
  line('HTTP/1.2', `GET /a HTTP/1.2\r\n${HOST}\r\n`, [505]),
  line('HTTP/2.0', `GET /a HTTP/2.0\r\n${HOST}\r\n`, [505]),
  line('HTTP/1.10', `GET /a HTTP/1.10\r\n${HOST}\r\n`, [505]),
  line('HTTP/01.1', `GET /a HTTP/01.1\r\n${HOST}\r\n`, [505]),
  line('a version in lower case', `GET /a http/1.1\r\n${HOST}\r\n`),
  line('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  line('no method', ` /a HTTP/1.1\r\n${HOST}\r\n`),
  line('an unknown method', `FROB /a HTTP/1.1\r\n${HOST}\r\n`),
  line('a method in lower case', `get /a HTTP/1.1\r\n${HOST}\r\n`),
  line('a tab in the request line', `GET\t/a HTTP/1.1\r\n${HOST}\r\n`),
  line('a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n`),
  line('bare line feeds', 'GET /a HTTP/1.1\nHost: shop\n\n', [505]),
  line('a bare carriage return in a value', `GET /a HTTP/1.1\r\n${HOST}X-A: b\rX-C: d\r\n\r\n`),
  line('a bare line feed between fields', `GET /a HTTP/1.1\r\n${HOST}X-A: b\nX-C: d\r\n\r\n`),
  line('NUL in a value', `GET /a HTTP/1.1\r\n${HOST}X-A: b\0c\r\n\r\n`),
  line('NUL in a name', `GET /a HTTP/1.1\r\n${HOST}X\0A: b\r\n\r\n`),
  line('NUL in the target', `GET /a\0b HTTP/1.1\r\n${HOST}\r\n`),
  line('a control character in a value', `GET /a HTTP/1.1\r\n${HOST}X-A: b\x01c\r\n\r\n`),
  line('a folded value', `GET /a HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\n\r\n`),
  line('a space before the colon', `GET /a HTTP/1.1\r\n${HOST}X-A : b\r\n\r\n`),
  line('a space before the first field', `GET /a HTTP/1.1\r\n X-A: b\r\n${HOST}\r\n`),
  line('a field without a colon', `GET /a HTTP/1.1\r\n${HOST}X-A\r\n\r\n`),
  line('a field without a name', `GET /a HTTP/1.1\r\n${HOST}: b\r\n\r\n`),
  line('a name with a bracket', `GET /a HTTP/1.1\r\n${HOST}X(A): b\r\n\r\n`),
  line('CONNECT', `CONNECT shop:443 HTTP/1.1\r\n${HOST}\r\n`, [501]),
  line('CONNECT with a body', `CONNECT shop:443 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, [501]),
  line('bytes of TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'),
];

const hosts: readonly Case[] = [
  line('no Host', 'GET /a HTTP/1.1\r\n\r\n'),
  line('an empty Host', 'GET /a HTTP/1.1\r\nHost:\r\n\r\n'),
  line('two Hosts', `GET /a HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`),
  line('two Hosts that agree', `GET /a HTTP/1.1\r\n${HOST}${HOST}\r\n`),
  line('a list of hosts', 'GET /a HTTP/1.1\r\nHost: shop, other\r\n\r\n'),
  line('a Host with a space', 'GET /a HTTP/1.1\r\nHost: shop other\r\n\r\n'),
  line('a Host with user info', 'GET /a HTTP/1.1\r\nHost: user@shop\r\n\r\n'),
  line('a Host with a path', 'GET /a HTTP/1.1\r\nHost: shop/x\r\n\r\n'),
  line('a Host with a scheme', 'GET /a HTTP/1.1\r\nHost: http://shop\r\n\r\n'),
  line('a Host with a bad port', 'GET /a HTTP/1.1\r\nHost: shop:80a\r\n\r\n'),
  line('a Host with a port out of range', 'GET /a HTTP/1.1\r\nHost: shop:65536\r\n\r\n'),
  line('a Host with a fragment', 'GET /a HTTP/1.1\r\nHost: shop#x\r\n\r\n'),
  line('a Host of eight bits', 'GET /a HTTP/1.1\r\nHost: sh\xf6p\r\n\r\n'),
  line('a folded Host', 'GET /a HTTP/1.1\r\nHost:\r\n shop\r\n\r\n'),
  line('an absolute target that disagrees', `GET http://other/a HTTP/1.1\r\n${HOST}\r\n`),
  line('an absolute target with user info', `GET http://user@shop/a HTTP/1.1\r\n${HOST}\r\n`),
  line('an absolute target without a host', `GET http:///a HTTP/1.1\r\n${HOST}\r\n`),
  line('a foreign scheme', `GET ftp://shop/a HTTP/1.1\r\n${HOST}\r\n`),
  line('an authority for a target', `GET shop:80 HTTP/1.1\r\n${HOST}\r\n`),
  line('an asterisk', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`),
  line('a name for a target', `GET a HTTP/1.1\r\n${HOST}\r\n`),
  line('a question mark for a target', `GET ?a HTTP/1.1\r\n${HOST}\r\n`),
];

function target(text: string, seen?: string): Case {
  const bytes = `GET ${text} HTTP/1.1\r\n${HOST}\r\n`;
  if (seen === undefined) return { name: text, bytes, answers: [400], stays: true };
  return { name: text, bytes, answers: [200], seen: [`GET ${seen} `], stays: true };
}

const targets: readonly Case[] = [
  target('http://shop/a?b', '/a?b'),
  target('HTTP://SHOP/a', '/a'),
  target('http://shop', '/'),
  target('http://shop?a', '/?a'),
  target('/a/../b', '/b'),
  target('/a/%2e%2e/b', '/b'),
  target('/a/./b', '/a/b'),
  target('//a///b', '/a/b'),
  target('/%61', '/a'),
  target('/a%20b', '/a%20b'),
  target('/a?x=/../%2f#', undefined),
  target('/a?x=/../%2f', '/a?x=/../%2f'),
  target('/a?\xe9'),
  target(' /a', '/a'),
  target('/a#b'),
  target('/a%2fb'),
  target('/a%5Cb'),
  target('/a\\b'),
  target('/../a'),
  target('/a/..;/b'),
  target('/a%00'),
  target('/a%zz'),
  target('/a\xe9'),
  target('/a\x7f'),
];

const several: readonly Case[] = [
  {
    name: 'bytes behind a request that asks to close',
    bytes: `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\nGARBAGE\r\n\r\n`,
    answers: [200],
    seen: ['GET /a '],
  },
  {
    name: 'a request behind one that asks to close',
    bytes: `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n${SMUGGLED}`,
    answers: [200],
    seen: ['GET /a '],
  },
  {
    name: 'garbage behind two requests that are being answered',
    bytes: `GET /a HTTP/1.1\r\n${HOST}\r\nGET /b HTTP/1.1\r\n${HOST}\r\n\0\0\0`,
    answers: [200, 200],
    seen: ['GET /a ', 'GET /b '],
  },
  {
    name: 'garbage behind two requests that were answered at once',
    bytes: `GET /%2f HTTP/1.1\r\n${HOST}\r\nGET /%2f HTTP/1.1\r\n${HOST}\r\n\0\0\0`,
    answers: [400, 400],
  },
  {
    name: 'CONNECT behind a request that is being answered',
    bytes: `GET /a HTTP/1.1\r\n${HOST}\r\nCONNECT shop:443 HTTP/1.1\r\n${HOST}\r\n`,
    answers: [200, 501],
    seen: ['GET /a '],
  },
  {
    name: 'an upgrade behind a request that is being answered',
    bytes: `GET /a HTTP/1.1\r\n${HOST}\r\nGET /b HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    answers: [200, 200],
    seen: ['GET /a ', 'GET /b '],
    stays: true,
  },
  {
    name: 'an upgrade behind a request that was answered at once',
    bytes: `GET /%2f HTTP/1.1\r\n${HOST}\r\nGET /b HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    answers: [400, 200],
    seen: ['GET /b '],
    stays: true,
  },
];

describe('a hostile or odd client', () => {
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

  /** Sends the bytes and compares answers and what the backend saw; then an ordinary request must be answered. */
  async function run({ bytes, answers, seen = [], stays = false }: Case): Promise<void> {
    const before = upstream.requests.length;
    await using client = await gateway.client();
    client.send(bytes);
    for (const status of answers) expect((await client.response()).status).toBe(status);
    if (stays) expect(client.unread).toBe('');
    else expect(await client.ended()).toBe('');
    await gateway.settled();
    const passed = upstream.requests.slice(before).map(({ method, target, body }) => `${method} ${target} ${body}`);
    if (answers.length > 0) expect(passed.toSorted()).toEqual(seen);
    expect(passed.filter((line) => line.includes('smuggled'))).toEqual([]);
    expect(upstream.malformed).toEqual([]);
    await using plain = await gateway.client();
    plain.send(`GET /plain HTTP/1.1\r\n${HOST}\r\n`);
    expect(await plain.response()).toMatchObject({ status: 200, body: 'ok' });
  }

  test.each(framing)('gets what its framing deserves: $name', run);
  test.each(lines)('gets what its request line and fields deserve: $name', run);
  test.each(hosts)('gets what its host deserves: $name', run);
  test.each(targets)('gets what its target deserves: $name', run);
  test.each(several)('gets what several requests deserve: $name', run);
});
