import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { fieldValues } from '../support/messageReader.ts';
import { answer, RawUpstream } from '../support/rawUpstream.ts';

let reply = '';
let odd: RawUpstream;
let sound: RawUpstream;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  odd = await RawUpstream.start(({ socket }) => void socket.end(reply));
  sound = await RawUpstream.start();
  const path = { type: 'PathPrefix', value: '/plain' } as const;
  gateway = await GatewayUnderTest.start({
    backends: { app: [odd.port], sound: [sound.port] },
    rules: [to('app'), to('sound', { matches: [{ path, headers: [], queryParams: [] }] })],
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await odd[Symbol.asyncDispose]();
  await sound[Symbol.asyncDispose]();
});

/** Asks the odd backend once, and reads until the connection ends. */
async function ask(
  bytes: string,
  request = 'GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n',
): Promise<string> {
  reply = bytes;
  await using client = await gateway.client();
  client.send(request);
  return await client.ended();
}

function some(usual: readonly string[], rare: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...usual) },
    { weight: 5, arbitrary: fc.constantFrom(...rare) },
    {
      weight: 1,
      arbitrary: fc.string({
        unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
        maxLength: 9,
      }),
    },
  );
}

const status = some(
  ['HTTP/1.1 200 OK', 'HTTP/1.1 404 No'],
  [
    'HTTP/1.1 100 C',
    'HTTP/1.1 101 S',
    'HTTP/1.1 103 E',
    'HTTP/1.0 200',
    'HTTP/1.1 204 N',
    'HTTP/1.1 304 N',
    'HTTP/1.1 000 Z',
    'HTTP/1.1 099 Z',
    'HTTP/1.1 999 N',
    'HTTP/2.0 200 OK',
    'HTTP/1.1 2',
    '',
  ],
);
const name = some(
  ['Content-Length', 'Transfer-Encoding', 'Connection', 'Set-Cookie', 'X-A'],
  [
    'Trailer',
    'Upgrade',
    'Keep-Alive',
    'Date',
    'Content-Type',
    '__proto__',
    'constructor',
    'toString',
    'Content-Encoding',
  ],
);
const value = some(
  ['0', '2', 'chunked', 'close', 'a'],
  [
    'keep-alive',
    'timeout=0',
    'timeout=1',
    'x-a',
    'gzip',
    '-1',
    '99999999999999999999',
    '\x01',
    '\x7f',
    '\xff',
    'text/event-stream',
    '',
  ],
);
const response = fc
  .record({
    heads: fc.array(fc.tuple(status, fc.array(fc.tuple(name, value), { maxLength: 4 })), {
      minLength: 1,
      maxLength: 3,
    }),
    body: some(
      ['ok', '2\r\nok\r\n0\r\n\r\n'],
      [
        '',
        '2\r\nok\r\n0\r\nx-a: 1\r\ncontent-length: 1\r\n\r\n',
        '2\r\nok\r\n0\r\n__proto__: 1\r\nX \x01: 1\r\n\r\n',
        'zz',
      ],
    ),
  })
  .map(
    ({ heads, body }) =>
      heads
        .map(([line, fields]) => `${line}\r\n${fields.map((pair) => `${pair.join(': ')}\r\n`).join('')}\r\n`)
        .join('') + body,
  );

describe('a backend that is not what it should be', () => {
  test('harms its own requests only, whatever it sends', async () => {
    await fc.assert(
      fc.asyncProperty(
        response,
        fc.constantFrom('GET', 'HEAD', 'POST'),
        fc.boolean(),
        async (bytes, method, upgrades) => {
          const upgrade =
            upgrades && method === 'GET' ? 'connection: upgrade\r\nupgrade: x\r\n' : 'connection: close\r\n';
          const seen = await ask(bytes, `${method} / HTTP/1.1\r\nhost: shop\r\n${upgrade}\r\n`);
          expect(seen).toMatch(/^(?:HTTP\/1\.1 [1-9][0-9]{2} |$)/);
          await using client = await gateway.client();
          client.send('GET /plain HTTP/1.1\r\nhost: shop\r\n\r\n');
          expect(await client.response()).toMatchObject({ status: 200, body: 'ok' });
        },
      ),
      { numRuns: 400, seed: 5 },
    );
    await gateway.settled();
  }, 60_000);

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('may name a field %s', async (field) => {
    reply = `HTTP/1.1 200 OK\r\n${field}: 1\r\n${field}: 2\r\ncontent-length: 0\r\n\r\n`;
    await using client = await gateway.client();
    client.send('GET / HTTP/1.1\r\nhost: shop\r\n\r\n');
    expect(fieldValues(await client.response(), field.toLowerCase())).toEqual(['1', '2']);
  });

  test.each([
    { name: 'in a length', reply: answer('ok').replace('2', '2\r\nContent-Length: 3') },
    {
      name: 'between length and chunks',
      reply: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    },
    { name: 'in a coding', reply: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
  ])('never has two meanings for the client: $name', async ({ reply: bytes }) => {
    const seen = await ask(bytes);
    const head = seen.slice(0, seen.indexOf('\r\n\r\n')).toLowerCase();
    const framings = head.match(/^(?:content-length|transfer-encoding):/gm) ?? [];
    expect(framings.length).toBeLessThanOrEqual(1);
  });

  test.each(['gzip, chunked', 'chunked, gzip', 'gzip', 'identity', 'chunked\r\ntransfer-encoding: chunked'])(
    'is answered 502 for where it codes a response as %j',
    async (coding) => {
      const seen = await ask(`HTTP/1.1 200 OK\r\ntransfer-encoding: ${coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n`);
      expect(seen).toMatch(/^HTTP\/1\.1 502 /);
    },
  );

  test('does not get to answer the next request by answering twice', async () => {
    const twice = await RawUpstream.start(({ socket }) => void socket.write(answer('one') + answer('stray')));
    await using _ = twice;
    await using other = await GatewayUnderTest.start({ backends: { app: [twice.port] } });
    await using client = await other.client();
    for (let round = 0; round < 3; round++) {
      client.send('GET / HTTP/1.1\r\nhost: shop\r\n\r\n');
      expect(await client.response()).toMatchObject({ status: 200, body: 'one' });
    }
    expect(twice.connections).toBe(3);
  });
});
