import type { CircuitBreaker } from '@evergate/contract/backendSettings';
import { describe, expect, test } from '@jest/globals';
import { breakerReports } from '../../src/reports.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayOptions, GatewayUnderTest } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import { answer, RawUpstream } from '../support/rawUpstream.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const FAILED = answer('no', 'HTTP/1.1 500 Internal Server Error');

const circuitBreaker: CircuitBreaker = {
  slidingWindowSize: 4,
  minimumCalls: 4,
  failureRatePercent: 50,
  slowCallRatePercent: 100,
  openMs: 100,
  halfOpenCalls: 2,
  codes: [500],
};

async function ask(gateway: GatewayUnderTest, request = GET) {
  await using client = await gateway.client();
  client.send(request);
  return await client.response();
}

async function askMany(gateway: GatewayUnderTest, count: number) {
  const statuses: number[] = [];
  for (let asked = 0; asked < count; asked++) statuses.push((await ask(gateway)).status);
  return statuses;
}

function withBreaker(port: number, changes: Partial<CircuitBreaker> = {}, more: GatewayOptions = {}): GatewayOptions {
  return {
    ...more,
    backends: { app: [port], ...more.backends },
    policies: { app: { circuitBreaker: { ...circuitBreaker, ...changes } }, ...more.policies },
  };
}

async function passed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a backend that fails', () => {
  test('is left alone: requests are answered 503 at once, with the reason and when to come again', async () => {
    await using upstream = await RawUpstream.start(({ socket }) => socket.write(FAILED));
    await using gateway = await GatewayUnderTest.start(withBreaker(upstream.port, { openMs: 30_000 }));
    expect(await askMany(gateway, 6)).toEqual([500, 500, 500, 500, 503, 503]);
    const response = await ask(gateway, 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000\r\n\r\n');
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'BreakerOpen' });
    expect(field(response, 'retry-after')).toBe('30');
    expect(upstream.requests).toHaveLength(4);
    expect(gateway.counters.backends.cell(1, 'breakerRefusals')).toBe(3);
    gateway.backends.refresh();
    expect(gateway.counters.backends.cell(1, 'breakerState')).toBe(2);
    expect(breakerReports(gateway.backends, performance.now())).toMatchObject([{ backend: 'app', state: 'Open' }]);
  });

  test('gets exactly so many probes when openDuration is over, and all requests when they are good', async () => {
    let failing = true;
    const held: (() => void)[] = [];
    await using upstream = await RawUpstream.start(({ socket }) => {
      if (failing) socket.write(FAILED);
      else held.push(() => void socket.write(answer()));
    });
    await using gateway = await GatewayUnderTest.start(withBreaker(upstream.port));
    await askMany(gateway, 4);
    failing = false;
    await passed(circuitBreaker.openMs);
    const before = upstream.requests.length;
    const asked = Array.from({ length: 10 }, () => ask(gateway));
    const refused = await Promise.all((await firstOf(asked, 8)).map(({ status }) => status));
    expect(refused).toEqual(new Array(8).fill(503));
    expect(upstream.requests.length - before).toBe(2);
    for (const release of held.splice(0)) release();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    const closed = ask(gateway);
    await upstream.request();
    await eventually('a request is held', () => held.length > 0);
    held[0]?.();
    expect(await closed).toMatchObject({ status: 200 });
  });

  test('counts connects that fail and connections that break, but no client that leaves', async () => {
    await using upstream = await RawUpstream.start(({ socket }) => socket.resetAndDestroy());
    await using gateway = await GatewayUnderTest.start(withBreaker(upstream.port, { openMs: 30_000 }));
    expect(await askMany(gateway, 5)).toEqual([502, 502, 502, 502, 503]);

    await using silent = await RawUpstream.start(() => {});
    await using patient = await GatewayUnderTest.start(withBreaker(silent.port, { openMs: 30_000 }));
    for (let count = 0; count < 6; count++) {
      const client = await patient.client();
      client.send(GET);
      await silent.request();
      await client[Symbol.asyncDispose]();
      await patient.settled();
    }
    expect(patient.backends.get('app').breaker?.state).toBe('Closed');
    expect(patient.backends.get('app').breaker?.calls).toBe(0);
  });

  test('may be slow instead', async () => {
    await using upstream = await RawUpstream.start(({ socket }) => {
      setTimeout(() => socket.write(answer()), 30);
    });
    const slow = { slowCallMs: 20, slowCallRatePercent: 100, openMs: 30_000 };
    await using gateway = await GatewayUnderTest.start(withBreaker(upstream.port, slow));
    expect(await askMany(gateway, 5)).toEqual([200, 200, 200, 200, 503]);
  });
});

describe('while a breaker is open', () => {
  test('the policy’s own response is given', async () => {
    await using upstream = await RawUpstream.start(({ socket }) => socket.write(FAILED));
    const fallback = {
      type: 'Response',
      statusCode: 200,
      contentType: 'application/json',
      body: '{"items":[]}',
    } as const;
    await using gateway = await GatewayUnderTest.start(withBreaker(upstream.port, { openMs: 30_000, fallback }));
    await askMany(gateway, 4);
    const response = await ask(gateway);
    expect(response).toMatchObject({ status: 200, body: '{"items":[]}' });
    expect(field(response, 'content-type')).toBe('application/json');
    expect(await gateway.settled()).toMatchObject({ reason: 'BreakerOpen', attempts: 0 });
  });

  test('another backend takes the requests, bodies included, but not its fallback', async () => {
    await using upstream = await RawUpstream.start(({ socket }) => socket.write(FAILED));
    await using other = await RawUpstream.start(({ socket, body }) =>
      socket.write(body === 'fail' ? FAILED : answer('instead')),
    );
    const own = { ...circuitBreaker, openMs: 30_000, fallback: { type: 'Backend', backend: 'app' } } as const;
    await using gateway = await GatewayUnderTest.start(
      withBreaker(
        upstream.port,
        { openMs: 30_000, fallback: { type: 'Backend', backend: 'other' } },
        { backends: { other: [other.port] }, policies: { other: { circuitBreaker: own } } },
      ),
    );
    await askMany(gateway, 4);
    const post = (body: string): string =>
      `POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    expect(await ask(gateway, post('abc'))).toMatchObject({ status: 200, body: 'instead' });
    expect(await gateway.settled()).toMatchObject({ backend: 'other' });
    for (let count = 0; count < 3; count++) await ask(gateway, post('fail'));
    const response = await ask(gateway, post('abc'));
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'BreakerOpen' });
  });
});

/** The first `count` of the promises to resolve. */
function firstOf<T>(promises: readonly Promise<T>[], count: number): Promise<T[]> {
  const { promise, resolve, reject } = Promise.withResolvers<T[]>();
  const first: T[] = [];
  for (const one of promises) {
    one.then((value) => {
      first.push(value);
      if (first.length === count) resolve(first);
    }, reject);
  }
  return promise;
}
