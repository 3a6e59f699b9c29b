import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RequestParser } from '../../../src/listen/http1/requestParser.ts';
import { inChunks, legal, refused, refusedChunks } from './messages.ts';
import { cut, limits, parse } from './parse.ts';

const corpus: readonly string[] = [
  ...legal.map(({ bytes }) => bytes),
  ...refused.map(({ bytes }) => bytes),
  ...refusedChunks.map(({ body }) => inChunks(body)).filter(({ length }) => length < 1_000),
];

function headOf(text: string) {
  const [request] = parse([text]).requests;
  return request?.head;
}

describe('a request that is legal', () => {
  test.each(legal)('is read as it is meant: $name', ({ bytes, method = 'GET', target = '/', body = '' }) => {
    const { requests, outcome } = parse([bytes, bytes]);
    expect(outcome).toBe('between requests');
    expect(requests).toHaveLength(2);
    for (const request of requests) {
      expect(request).toMatchObject({ body, isComplete: true });
      expect(request.head).toMatchObject({ method, target });
    }
  });

  test('keeps names as they came, and values without the blanks around them', () => {
    const head = headOf('GET / HTTP/1.1\r\nhOST: shop\r\nX-A:\t a \t b \t\r\nX-B:\r\nX-C: \t\r\n\r\n');
    expect(head?.headers).toEqual(['hOST', 'shop', 'X-A', 'a \t b', 'X-B', '', 'X-C', '']);
  });
});

describe('what is no request, or has two meanings', () => {
  test.each(refused)('is refused: $name', ({ bytes, reason = 'BadRequest' }) => {
    const { requests, outcome } = parse([bytes]);
    expect([requests, outcome.replace(/^.*: /, '')]).toEqual([[], reason]);
  });

  test.each(refusedChunks)('is refused in a body: $name', ({ body }) => {
    const { requests, outcome } = parse([inChunks(body)]);
    expect([requests.length, requests[0]?.isComplete, outcome]).toEqual([1, false, 'Broken: BadRequest']);
  });
});

describe('bytes', () => {
  test.each(corpus)('mean the same cut at each place, and one by one: %j', (bytes) => {
    const whole = parse([bytes]);
    for (let at = 1; at < bytes.length; at++) expect(parse(cut(bytes, [at]))).toEqual(whole);
    expect(parse([...bytes])).toEqual(whole);
  });

  test('of several messages mean the same however they are cut, whatever they are', () => {
    const several = fc.array(fc.constantFrom(...corpus), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const mutated = fc.tuple(several, fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
      const place = at % text.length;
      return text.slice(0, place) + String.fromCharCode(byte) + text.slice(place + 1);
    });
    fc.assert(
      fc.property(fc.oneof(several, mutated), fc.array(fc.nat(600), { maxLength: 12 }), (text, positions) => {
        expect(parse(cut(text, positions))).toEqual(parse([text]));
      }),
      { numRuns: 3_000, seed: 11 },
    );
  });

  test('of any kind are read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...corpus), (noise, before) => {
        expect(() => parse([before, Buffer.from(noise)])).not.toThrow();
      }),
      { numRuns: 3_000, seed: 12 },
    );
  });
});

describe('limits', () => {
  const small = { maxHeaderBytes: 200, maxHeaderCount: 8, maxTargetBytes: 50 };
  const start = 'GET / HTTP/1.1\r\nHost: a\r\n';
  const cases: readonly { name: string; bytes: string; outcome: string }[] = [
    {
      name: 'a head of just that size',
      bytes: `${start}X: ${'a'.repeat(200 - start.length - 7)}\r\n\r\n`,
      outcome: 'between requests',
    },
    {
      name: 'a head of a byte more',
      bytes: `${start}X: ${'a'.repeat(200 - start.length - 6)}\r\n\r\n`,
      outcome: 'Broken: HeadersTooLarge',
    },
    { name: 'a head that does not end', bytes: `${start}X: ${'a'.repeat(200)}`, outcome: 'Broken: HeadersTooLarge' },
    { name: 'as many fields', bytes: `${start}${'X: 1\r\n'.repeat(7)}\r\n`, outcome: 'between requests' },
    { name: 'a field more', bytes: `${start}${'X: 1\r\n'.repeat(8)}\r\n`, outcome: 'Broken: HeadersTooLarge' },
    {
      name: 'a target of just that size',
      bytes: `GET /${'a'.repeat(49)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      outcome: 'between requests',
    },
    {
      name: 'a target of a byte more',
      bytes: `GET /${'a'.repeat(50)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      outcome: 'Broken: TargetTooLong',
    },
    { name: 'a target that does not end', bytes: `GET /${'a'.repeat(60)}`, outcome: 'Broken: TargetTooLong' },
  ];
  test.each(cases)('hold exactly, in one piece and byte by byte: $name', ({ bytes, outcome }) => {
    expect(parse([bytes], small).outcome).toBe(outcome);
    expect(parse([...bytes], small).outcome).toBe(outcome);
  });

  test('are asked for when a head begins, so that new ones hold for the next request', () => {
    let asked = limits;
    const parser = new RequestParser(() => asked);
    const bytes = Buffer.from(`${start}${'X: 1\r\n'.repeat(20)}\r\n`);
    parser.read(bytes, 0);
    expect(parser.found).toBe('Head');
    asked = small;
    parser.read(bytes, 0);
    expect([parser.found, parser.reason]).toEqual(['Broken', 'HeadersTooLarge']);
  });

  test('let extensions pass that stay small beside the data', () => {
    const chunk = `1000;signature=${'a'.repeat(1_000)}\r\n${'b'.repeat(4_096)}\r\n`;
    expect(parse([inChunks(`${chunk.repeat(100)}0\r\n\r\n`)]).outcome).toBe('between requests');
  });
});

describe('what a head says of its connection', () => {
  const cases: readonly { fields: string; version?: string; persistent: boolean }[] = [
    { fields: '', persistent: true },
    { fields: 'Connection: close\r\n', persistent: false },
    { fields: 'Connection: CLOSE\r\n', persistent: false },
    { fields: 'Connection: keep-alive, close\r\n', persistent: false },
    { fields: 'Connection: x\r\nConnection: y , close\r\n', persistent: false },
    { fields: 'Connection: closed\r\n', persistent: true },
    { fields: '', version: '1.0', persistent: false },
    { fields: 'Connection: Keep-Alive\r\n', version: '1.0', persistent: true },
    { fields: 'Connection: keep-alive, close\r\n', version: '1.0', persistent: false },
    { fields: 'Proxy-Connection: keep-alive\r\n', version: '1.0', persistent: false },
  ];
  test.each(cases)('%j', ({ fields, version = '1.1', persistent }) => {
    expect(headOf(`GET / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`)?.persistent).toBe(persistent);
  });

  test.each([
    { fields: 'Connection: Upgrade\r\nUpgrade: websocket\r\n', protocol: 'websocket' },
    { fields: 'Connection: keep-alive, upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n', protocol: 'a, b' },
    { fields: 'Upgrade: websocket\r\n', protocol: undefined },
    { fields: 'Connection: upgrade\r\n', protocol: undefined },
    { fields: 'Connection: upgrade\r\nUpgrade: H2C\r\n', protocol: undefined },
    { fields: 'Connection: upgrade\r\nUpgrade: TLS/1.2\r\n', protocol: undefined },
    { fields: 'Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n', protocol: undefined },
  ])('%j', ({ fields, protocol }) => {
    expect(headOf(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)?.upgradeProtocol).toBe(protocol);
  });

  test.each([
    { head: 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n', expected: true },
    {
      head: 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
      expected: true,
    },
    { head: 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n', expected: false },
    { head: 'POST / HTTP/1.0\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n', expected: false },
  ])('%j', ({ head, expected }) => {
    expect(headOf(head)?.expectsContinue).toBe(expected);
  });
});
