import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startStack } from '../support/stack.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';

describe('a backend that takes too long', () => {
  test.each([
    { name: 'for the request', timeouts: { requestMs: 1_000 }, ms: 1_000, reason: 'RequestDeadline' },
    { name: 'for one attempt', timeouts: { backendRequestMs: 1_000 }, ms: 1_000, reason: 'BackendDeadline' },
    { name: 'by default', timeouts: {}, ms: 30_000, reason: 'RequestDeadline' },
  ])('$name is left, and the client gets 504', async ({ timeouts, ms, reason }) => {
    await using rig = await startStack(() => {}, { rule: { timeouts } });
    rig.client.send(GET);
    await rig.upstream.request();
    rig.gateway.skip(ms - 500);
    expect(rig.gateway.counters.requestsInFlight).toBe(1);
    rig.gateway.skip(600);
    const response = await rig.client.response();
    expect(response).toMatchObject({ status: 504 });
    expect(JSON.parse(response.body)).toMatchObject({ reason });
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ status: 504, reason, aborted: false });
    expect(rig.gateway.counters.upstreamErrors.count('Deadline')).toBe(1);
  });

  test('while it is being connected to is given up', async () => {
    await using rig = await startStack({}, { rule: { timeouts: { requestMs: 1_000 } } });
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 20000\r\n\r\nabc');
    await eventually('the request has begun', () => rig.gateway.inFlight === 1);
    rig.gateway.skip(1_100);
    expect(await rig.client.response()).toMatchObject({ status: 504 });
    await rig.gateway.settled();
  });

  test('behind the head cuts the connection of the client', async () => {
    await using rig = await startStack('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n', {
      rule: { timeouts: { requestMs: 1_000 } },
    });
    rig.client.send(GET);
    await rig.client.seen('1\r\na\r\n');
    rig.gateway.skip(1_100);
    await expect(rig.client.response()).rejects.toThrow('the connection ended');
    await rig.upstream.abandoned();
    expect(await rig.gateway.settled()).toMatchObject({ status: 200, reason: 'RequestDeadline' });
  });

  test.each([{ requestMs: 1_000 }, { backendRequestMs: 1_000 }])('between events may (%o)', async (timeouts) => {
    await using rig = await startStack(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n',
      { rule: { timeouts } },
    );
    rig.client.send(GET);
    await rig.client.seen('\r\n\r\n');
    rig.gateway.skip(30_000);
    (await rig.upstream.socket()).write('1\r\na\r\n0\r\n\r\n');
    expect(await rig.client.response()).toMatchObject({ status: 200, body: 'a' });
  });
});

describe('a client that takes too long', () => {
  test.each([
    { name: 'to send a byte', bytes: '' },
    { name: 'to send its head', bytes: 'GET /a HTTP/1.1\r\nhost: sh' },
  ])('$name gets 408', async ({ bytes }) => {
    await using rig = await startStack({}, { traffic: { headerTimeoutMs: 100 } });
    rig.client.send(bytes);
    expect(await rig.client.response()).toMatchObject({ status: 408 });
    expect(await rig.client.ended()).toBe('');
    expect(rig.gateway.refused).toEqual(['RequestTimeout']);
  });

  test('to send a short body gets 408, and the backend never hears of it', async () => {
    await using rig = await startStack({});
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\n\r\nab');
    await eventually('the request has begun', () => rig.gateway.counters.requestsInFlight === 1);
    rig.gateway.skip(31_000);
    expect(await rig.client.response()).toMatchObject({ status: 408 });
    expect(await rig.gateway.settled()).toMatchObject({ status: 408, reason: 'RequestTimeout', attempts: 0 });
    expect(rig.upstream.connections).toBe(0);
  });

  test('to send a long body gets 504 by the deadline of the request', async () => {
    await using rig = await startStack({ onHead: () => {} });
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 20000\r\n\r\nab');
    await rig.upstream.socket();
    rig.gateway.skip(31_000);
    expect(await rig.client.response()).toMatchObject({ status: 504 });
    await rig.upstream.abandoned();
  });

  test('to send a second request loses its connection', async () => {
    await using rig = await startStack({}, { traffic: { idleTimeoutMs: 50 } });
    rig.client.send(GET);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
    expect(await rig.client.ended()).toBe('');
  });
});
