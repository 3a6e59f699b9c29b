import { defaultRetry } from '@evergate/contract/retrySettings';
import type { RetrySettings, Rule } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import { answer, RawUpstream, type SeenRequest } from '../support/rawUpstream.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const UNAVAILABLE = answer('sorry', 'HTTP/1.1 503 Service Unavailable');

function withBody(method: string, body = 'abc'): string {
  return `${method} /a HTTP/1.1\r\nhost: shop\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function chunked(method: string): string {
  return `${method} /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
}

interface Rig extends AsyncDisposable {
  readonly gateway: GatewayUnderTest;
  readonly failing: RawUpstream;
  readonly good: RawUpstream;
  ask(request: string, method?: string): ReturnType<typeof asking>;
}

async function asking(gateway: GatewayUnderTest, request: string, method?: string) {
  await using client = await gateway.client();
  client.send(request);
  return await client.response(method);
}

/** Two endpoints in turn, the first of which does `fail` with each request. */
async function rig(
  fail: (request: SeenRequest) => void,
  retry: Partial<RetrySettings> = {},
  rule: Partial<Rule> = {},
): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const failing = stack.use(await RawUpstream.start(fail));
  const good = stack.use(await RawUpstream.start());
  const fields = { ...rule, retry: { ...defaultRetry, backoffMs: 0, ...retry } };
  const gateway = stack.use(
    await GatewayUnderTest.start({ backends: { app: [failing.port, good.port] }, rules: [to('app', fields)] }),
  );
  return {
    gateway,
    failing,
    good,
    ask: (request, method) => asking(gateway, request, method),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const say = (bytes: string) => (request: SeenRequest) => void request.socket.write(bytes);
const hangUp = ({ socket }: SeenRequest): void => void socket.resetAndDestroy();

describe('a request without effects goes to another endpoint', () => {
  test.each([
    { what: 'a status that the rule names', fail: say(UNAVAILABLE), failure: 'Code' },
    { what: 'a reset', fail: hangUp, failure: 'Reset' },
    {
      what: 'a connection that ends without an answer',
      fail: ({ socket }: SeenRequest) => void socket.end(),
      failure: 'Reset',
    },
  ])('after $what', async ({ fail, failure }) => {
    await using it = await rig(fail);
    expect(await it.ask(GET)).toMatchObject({ status: 200, body: 'ok' });
    expect(await it.gateway.settled()).toMatchObject({
      status: 200,
      attempts: 2,
      endpoint: `127.0.0.1:${it.good.port}`,
      failedTries: [{ endpoint: `127.0.0.1:${it.failing.port}`, failure, durationMs: expect.any(Number) }],
    });
    expect(it.gateway.counters.upstreamRetries).toBe(1);
  });

  test('after an attempt that took too long', async () => {
    await using it = await rig(() => {}, {}, { timeouts: { backendRequestMs: 1_000 } });
    expect(await it.ask(GET)).toMatchObject({ status: 200 });
    await it.failing.abandoned();
    expect(await it.gateway.settled()).toMatchObject({ attempts: 2, failedTries: [{ failure: 'Timeout' }] });
  });

  test('and keeps the connection on which the status came, where all of the response had come', async () => {
    await using it = await rig(say(UNAVAILABLE));
    for (let round = 0; round < 6; round++) expect(await it.ask(GET)).toMatchObject({ status: 200 });
    expect(it.failing.connections).toBe(1);
    await it.gateway.settled();
  });

  test('and leaves a response that goes on', async () => {
    await using it = await rig(say('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 1000\r\n\r\nabc'));
    expect(await it.ask(GET)).toMatchObject({ status: 200 });
    await it.failing.abandoned();
    await it.gateway.settled();
  });

  test('as often as the rule says, then the last answer is the client’s', async () => {
    await using it = await rig(say(UNAVAILABLE), { attempts: 3 });
    it.gateway.serveEndpoints({ backends: { app: [it.failing.port] } });
    expect(await it.ask(GET)).toMatchObject({ status: 503, body: 'sorry' });
    expect(it.failing.requests).toHaveLength(4);
    expect(await it.gateway.settled()).toMatchObject({ status: 503, attempts: 4 });
  });

  test('with its body, where that is short', async () => {
    await using it = await rig(say(UNAVAILABLE), { methods: ['PUT'] });
    expect(await it.ask(withBody('PUT'))).toMatchObject({ status: 200 });
    expect([...it.failing.requests, ...it.good.requests].map(({ body }) => body)).toEqual(['abc', 'abc']);
  });
});

describe('a request is not sent twice', () => {
  test.each([
    { what: 'a POST', request: withBody('POST') },
    { what: 'a PUT that the rule does not name', request: withBody('PUT') },
    { what: 'a GET whose body is not kept', request: chunked('GET') },
    { what: 'a PUT whose body is too long to keep', request: withBody('PUT', 'x'.repeat(20_000)) },
  ])('$what', async ({ request }) => {
    await using it = await rig(say(UNAVAILABLE), { attempts: 3 });
    expect(await it.ask(request)).toMatchObject({ status: 503, body: 'sorry' });
    expect([it.failing.requests.length, it.good.requests.length]).toEqual([1, 0]);
    await it.gateway.settled();
  });

  test.each([
    { what: 'a status that the rule does not name', fail: say(UNAVAILABLE), retry: { codes: [502] }, status: 503 },
    {
      what: 'a reset, where the rule does not name it',
      fail: hangUp,
      retry: { on: ['Timeout'] as const },
      status: 502,
    },
    { what: 'anything, where the rule allows no attempt', fail: say(UNAVAILABLE), retry: { attempts: 0 }, status: 503 },
    {
      what: 'anything, where the budget has nothing left',
      fail: say(UNAVAILABLE),
      retry: { budget: { percent: 0, minPerSecond: 0 } },
      status: 503,
    },
  ])('after $what', async ({ fail, retry, status }) => {
    await using it = await rig(fail, retry);
    expect(await it.ask(GET)).toMatchObject({ status });
    expect(it.good.requests).toHaveLength(0);
    await it.gateway.settled();
  });

  test('after a POST was reset on its way', async () => {
    await using it = await rig(hangUp);
    expect(await it.ask(withBody('POST'))).toMatchObject({ status: 502 });
    expect(it.good.requests).toHaveLength(0);
    await it.gateway.settled();
  });

  test('when the response had begun', async () => {
    await using it = await rig(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
      socket.end();
    });
    await expect(it.ask(GET)).rejects.toThrow('the connection ended');
    expect(it.good.requests).toHaveLength(0);
    await it.gateway.settled();
  });
});

describe('the wait before a retry', () => {
  test('is as long as Retry-After says', async () => {
    await using it = await rig(say(UNAVAILABLE.replace('\r\n', '\r\nretry-after: 1\r\n')));
    const asked = it.ask(GET);
    await it.failing.request();
    await eventually('it waits', () => it.gateway.deadlines.size === 1 && it.gateway.inFlight === 0);
    expect(it.good.requests).toHaveLength(0);
    it.gateway.skip(1_100);
    expect(await asked).toMatchObject({ status: 200 });
    await it.gateway.settled();
  });

  test.each(['6', 'Wed, 25 Nov 2026 12:00:00 GMT'])(
    'is none after Retry-After: %s, which the client gets',
    async (value) => {
      await using it = await rig(say(UNAVAILABLE.replace('\r\n', `\r\nretry-after: ${value}\r\n`)));
      const response = await it.ask(GET);
      expect(response.status).toBe(503);
      expect(field(response, 'retry-after')).toBe(value);
      await it.gateway.settled();
    },
  );

  test('is none that the deadline of the request does not allow', async () => {
    const retryAfter = say(UNAVAILABLE.replace('\r\n', '\r\nretry-after: 2\r\n'));
    await using it = await rig(retryAfter, {}, { timeouts: { requestMs: 1_500 } });
    expect(await it.ask(GET)).toMatchObject({ status: 503, body: 'sorry' });
    expect(await it.gateway.settled()).toMatchObject({ attempts: 1 });
  });

  test('ends with a client that goes away', async () => {
    await using it = await rig(say(UNAVAILABLE.replace('\r\n', '\r\nretry-after: 3\r\n')));
    const client = await it.gateway.client();
    client.send(GET);
    await it.failing.request();
    await eventually('it waits', () => it.gateway.deadlines.size === 1 && it.gateway.inFlight === 0);
    await client[Symbol.asyncDispose]();
    expect(await it.gateway.settled()).toMatchObject({ status: 499, aborted: true });
    expect(it.good.requests).toHaveLength(0);
  });
});

test('retries and those that the budget denied are counted for the backend', async () => {
  await using it = await rig(say(UNAVAILABLE), { budget: { percent: 0, minPerSecond: 1 } });
  it.gateway.serveEndpoints({ backends: { app: [it.failing.port] } });
  for (let round = 0; round < 3; round++) await it.ask(GET);
  const { backends } = it.gateway.counters;
  expect([backends.cell(1, 'retries'), backends.cell(1, 'retriesDenied')]).toEqual([1, 2]);
});

test('a backend of the next priority takes over from one that cannot be connected to', async () => {
  await using other = await RawUpstream.start();
  await using gone = await RawUpstream.start();
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  const backends = [
    { backend: 'app', weight: 1 },
    { backend: 'other', weight: 1, priority: 1 },
  ];
  await using gateway = await GatewayUnderTest.start({
    backends: { app: [port], other: [other.port] },
    rules: [{ backends }],
  });
  for (const request of [withBody('POST'), GET]) expect(await asking(gateway, request)).toMatchObject({ status: 200 });
  await gateway.settled();
  expect(gateway.accessLines).toMatchObject([
    { backend: 'other', attempts: 2 },
    { backend: 'other', attempts: 1 },
  ]);
});
