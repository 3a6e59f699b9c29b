import { describe, expect, test } from '@jest/globals';
import { field, fieldValues } from '../support/messageReader.ts';
import type { SeenRequest } from '../support/rawUpstream.ts';
import { type StackOptions, startStack } from '../support/stack.ts';

const trustingOne: StackOptions = { traffic: { clientAddress: { trustedHops: 1, trustedCIDRs: [] } } };

/** What the backend sees of a GET with these fields, and what the access log says. */
async function pass(fields: string, options: StackOptions = {}) {
  await using rig = await startStack({}, options);
  rig.client.send(`GET /a?b HTTP/1.1\r\nHost: shop:80\r\n${fields}\r\n`);
  expect(await rig.client.response()).toMatchObject({ status: 200 });
  const seen: SeenRequest = await rig.upstream.request();
  return { seen, line: await rig.gateway.settled() };
}

describe('a request on its way to the backend', () => {
  test('loses what belongs to the connection of the client', async () => {
    const { seen } = await pass(
      'Connection: keep-alive, X-Named\r\nConnection: x-other\r\nX-Named: 1\r\nX-Other: 2\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: x\r\nProxy-Connection: close\r\nProxy-Authorization: Basic a\r\nProxy-Authenticate: Basic\r\nUpgrade: foo\r\nHTTP2-Settings: a\r\nX-Kept: 3\r\n',
    );
    const dropped = ['x-named', 'x-other', 'keep-alive', 'te', 'trailer', 'proxy-connection', 'proxy-authorization'];
    for (const name of [...dropped, 'proxy-authenticate', 'upgrade', 'http2-settings'])
      expect([name, fieldValues(seen, name)]).toEqual([name, []]);
    expect(fieldValues(seen, 'x-kept')).toEqual(['3']);
    expect(fieldValues(seen, 'connection')).toEqual(['keep-alive']);
  });

  test('cannot name away what the gateway itself says', async () => {
    const { seen } = await pass('Connection: host, x-forwarded-for, via, x-request-id, close\r\n');
    expect(fieldValues(seen, 'host')).toEqual(['shop:80']);
    expect(fieldValues(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(fieldValues(seen, 'via')).toEqual(['1.1 evergate']);
    expect(fieldValues(seen, 'x-request-id')).toHaveLength(1);
  });

  test('keeps repeated fields in their order, empty values, and values of eight bits', async () => {
    const { seen } = await pass(
      'X-Two: 1\r\nCookie: a=1\r\nX-Two: \xe9\xff\r\nX-Empty:\r\nCookie: b=2\r\nX-Two: 1\r\n',
    );
    expect(fieldValues(seen, 'x-two')).toEqual(['1', '\xe9\xff', '1']);
    expect(fieldValues(seen, 'cookie')).toEqual(['a=1', 'b=2']);
    expect(fieldValues(seen, 'x-empty')).toEqual(['']);
  });

  test('is appended to the chain of Via', async () => {
    const { seen } = await pass('Via: 1.0 first\r\nVia: 2 second\r\n');
    expect(fieldValues(seen, 'via')).toEqual(['1.0 first, 2 second, 1.1 evergate']);
  });

  test('keeps its Host, or gets the one of the rule', async () => {
    expect(fieldValues((await pass('')).seen, 'host')).toEqual(['shop:80']);
    const rewrite = { type: 'URLRewrite', hostname: 'inner.example' } as const;
    const { seen } = await pass('', { rule: { filters: [rewrite] } });
    expect(fieldValues(seen, 'host')).toEqual(['inner.example']);
    expect(fieldValues(seen, 'x-forwarded-host')).toEqual(['shop:80']);
  });

  test('goes to the path of the rule, with its query', async () => {
    const path = { type: 'ReplaceFullPath', value: '/other' } as const;
    const { seen } = await pass('', { rule: { filters: [{ type: 'URLRewrite', path }] } });
    expect(seen.target).toBe('/other?b');
  });

  test('has an id and a trace of its own', async () => {
    const { seen, line } = await pass('X-Request-Id: mine\r\n');
    const [id = ''] = fieldValues(seen, 'x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{32,36}$/);
    const [, traceId] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[01]$/.exec(field(seen, 'traceparent') ?? '') ?? [];
    expect(line).toMatchObject({ requestId: id, traceId });
  });

  test('goes on with a trace that came, in a span of its own', async () => {
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const { seen } = await pass(`traceparent: ${parent}\r\ntracestate: x=1\r\ntracestate: y=2\r\n`);
    expect(field(seen, 'traceparent')).toMatch(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`));
    expect(fieldValues(seen, 'tracestate').join(',').replaceAll(' ', '')).toBe('x=1,y=2');
  });

  test.each([
    'x_forwarded_for',
    'X_Forwarded-For',
    'x_real_ip',
    'content_length',
    'Transfer_Encoding',
    'x_request_id',
    'host_',
  ])('is refused where %s could be read as another field, unless it cannot', async (name) => {
    await using rig = await startStack();
    rig.client.send(`GET /a HTTP/1.1\r\nHost: shop\r\n${name}: 1\r\n\r\n`);
    const { status } = await rig.client.response();
    expect(status).toBe(name === 'host_' ? 200 : 400);
  });
});

const claims =
  'X-Forwarded-For: 9.9.9.9, 8.8.8.8\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: outer\r\nX-Forwarded-Port: 443\r\nX-Real-IP: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\nX-Request-Id: theirs\r\n';

describe('what a client says about hops before it', () => {
  test('does not count by default', async () => {
    const { seen, line } = await pass(claims);
    expect(fieldValues(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(fieldValues(seen, 'x-forwarded-proto')).toEqual(['http']);
    expect(fieldValues(seen, 'x-forwarded-host')).toEqual(['shop:80']);
    for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded']) expect(fieldValues(seen, name)).toEqual([]);
    expect(line['client']).toBe('127.0.0.1');
  });

  const trusting: readonly { name: string; hops: number; ranges: readonly string[]; client: string }[] = [
    { name: 'one hop', hops: 1, ranges: [], client: '7.7.7.7' },
    { name: 'two hops', hops: 2, ranges: [], client: '8.8.8.8' },
    { name: 'more hops than there are', hops: 5, ranges: [], client: '127.0.0.1' },
    { name: 'the range of the peer', hops: 0, ranges: ['127.0.0.0/8'], client: '7.7.7.7' },
    { name: 'ranges of further hops', hops: 0, ranges: ['127.0.0.1', '7.7.7.7/32', '8.0.0.0/8'], client: '9.9.9.9' },
    { name: 'everyone', hops: 0, ranges: ['0.0.0.0/0'], client: '9.9.9.9' },
  ];
  test.each(trusting)('counts as far as $name is trusted', async ({ hops, ranges, client }) => {
    const clientAddress = { trustedHops: hops, trustedCIDRs: ranges };
    const { seen, line } = await pass(claims, { traffic: { clientAddress } });
    expect(fieldValues(seen, 'x-forwarded-for')).toEqual(['9.9.9.9, 8.8.8.8, 7.7.7.7, 127.0.0.1']);
    expect(fieldValues(seen, 'x-forwarded-proto')).toEqual(['https']);
    expect(fieldValues(seen, 'x-forwarded-host')).toEqual(['outer']);
    expect(fieldValues(seen, 'x-forwarded-port')).toEqual(['443']);
    expect(fieldValues(seen, 'forwarded')).toEqual(['for=9.9.9.9']);
    expect(line).toMatchObject({ client, requestId: 'theirs' });
  });

  test('does not count from outside the trusted ranges', async () => {
    const clientAddress = { trustedHops: 0, trustedCIDRs: ['10.0.0.0/8'] };
    const { seen, line } = await pass(claims, { traffic: { clientAddress } });
    expect(fieldValues(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(line['client']).toBe('127.0.0.1');
  });

  test.each(['no address', '', 'a"b', 'x'.repeat(200)])(
    'is dropped where an id is not fit for logs: %j',
    async (id) => {
      const { seen, line } = await pass(`X-Request-Id: ${id}\r\nX-Forwarded-For: unknown\r\n`, trustingOne);
      expect(fieldValues(seen, 'x-request-id')[0]).toMatch(/^[0-9a-f-]{32,36}$/);
      expect(line['client']).toBe('127.0.0.1');
    },
  );
});

describe('limits', () => {
  const limits: readonly { name: string; request: string; status: number; options: StackOptions }[] = [
    {
      name: 'fields',
      request: `GET /a HTTP/1.1\r\nhost: a\r\n${'x: 1\r\n'.repeat(20)}\r\n`,
      status: 431,
      options: { traffic: { maxHeaderCount: 20 } },
    },
    {
      name: 'bytes of fields',
      request: `GET /a HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(2_000)}\r\n\r\n`,
      status: 431,
      options: { traffic: { maxHeaderBytes: 1_024 } },
    },
    {
      name: 'bytes of fields by the default',
      request: `GET /a HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      status: 431,
      options: {},
    },
    {
      name: 'bytes of the target',
      request: `GET /${'a'.repeat(200)} HTTP/1.1\r\nhost: a\r\n\r\n`,
      status: 414,
      options: { traffic: { maxTargetBytes: 200 } },
    },
    {
      name: 'bytes of a declared body',
      request: 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n12345678901',
      status: 413,
      options: { rule: { limits: { requestBodyBytes: 10 } } },
    },
    {
      name: 'bytes of a body in chunks',
      request: `POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n`,
      status: 413,
      options: { rule: { limits: { requestBodyBytes: 10 } } },
    },
    {
      name: 'bytes of a body, as the fleet says',
      request: 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n12345678901',
      status: 413,
      options: { traffic: { maxRequestBodyBytes: 10 } },
    },
    {
      name: 'bytes of a body in chunks, as the fleet says',
      request: `POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n`,
      status: 413,
      options: { traffic: { maxRequestBodyBytes: 10 } },
    },
  ];
  test.each(limits)('on $name are answered $status', async ({ request, status, options }) => {
    await using rig = await startStack({}, options);
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status });
    await rig.gateway.settled();
    expect(rig.upstream.requests).toEqual([]);
    await using other = await rig.gateway.client();
    other.send('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await other.response()).toMatchObject({ status: 200 });
  });

  test.each([
    { name: 'body', request: 'POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n1234567890' },
    {
      name: 'body in chunks',
      request: 'POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\na\r\n1234567890\r\n0\r\n\r\n',
    },
  ])('let a $name of just that size pass, and a rule may allow more than the fleet', async ({ request }) => {
    const options = { rule: { limits: { requestBodyBytes: 10 } }, traffic: { maxRequestBodyBytes: 5 } };
    await using rig = await startStack({}, options);
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });

  test('on connections are answered 503, and hold for those that are open', async () => {
    await using rig = await startStack({}, { traffic: { maxConnections: 2 } });
    await using second = await rig.gateway.client();
    second.send('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
    await second.response();
    await using third = await rig.gateway.client();
    expect(await third.response()).toMatchObject({ status: 503 });
    expect(await third.ended()).toBe('');
    await third[Symbol.asyncDispose]();
    rig.client.send('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 200 });
    expect(rig.gateway.refused).toEqual(['TooManyConnections']);
  });
});
