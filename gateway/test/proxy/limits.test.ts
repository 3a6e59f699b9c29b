import type { BackendLimits } from '@evergate/contract/backendSettings';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { GatewayUnderTest } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';
import type { RawClient } from '../support/rawClient.ts';
import { answer, RawUpstream, type SeenRequest } from '../support/rawUpstream.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const UPGRADE = 'GET /a HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n';

interface Rig extends AsyncDisposable {
  readonly upstream: RawUpstream;
  readonly gateway: GatewayUnderTest;
  /** Sends a request on a connection of its own. */
  send(request?: string): Promise<RawClient>;
}

/** A backend that answers only when the test does. */
async function rig(limits: Partial<BackendLimits>): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await RawUpstream.start(() => {}));
  const backend = { limits: { pendingTimeoutMs: 1_000, ...limits } };
  const gateway = stack.use(await GatewayUnderTest.start({ backends: { app: [upstream.port] }, backend }));
  const send = async (request = GET): Promise<RawClient> => {
    const client = stack.use(await gateway.client());
    client.send(request);
    return client;
  };
  return { upstream, gateway, send, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function reply({ socket }: SeenRequest, body = 'ok'): void {
  socket.write(answer(body));
}

async function expectRefused(client: RawClient, reason: string): Promise<void> {
  const response = await client.response();
  expect(response.status).toBe(503);
  expect(field(response, 'retry-after')).toBe('1');
  expect(JSON.parse(response.body)).toMatchObject({ reason });
}

function waiting({ gateway }: Rig): number {
  return gateway.backends.get('app').admission.waiting;
}

describe('beyond its limits a backend gets no request', () => {
  test('in flight: further ones are answered 503 at once, before their body is read', async () => {
    await using it = await rig({ maxInFlight: 1 });
    const first = await it.send();
    const request = await it.upstream.request();
    const refused = await it.send('POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 100000\r\n\r\n');
    await expectRefused(refused, 'BackendOverloaded');
    reply(request);
    expect(await first.response()).toMatchObject({ status: 200 });
    const next = await it.send();
    reply(await it.upstream.request());
    expect(await next.response()).toMatchObject({ status: 200 });
    await it.gateway.settled();
    expect(it.gateway.counters.backends.cell(1, 'overloaded')).toBe(1);
  });

  test('on more connections: without places to wait, further ones are answered 503 at once', async () => {
    await using it = await rig({ maxConnections: 1 });
    await it.send();
    const request = await it.upstream.request();
    await expectRefused(await it.send(), 'BackendOverloaded');
    reply(request);
    await it.gateway.settled();
  });

  test('on more connections: those that wait go on in turn, on the same connection', async () => {
    await using it = await rig({ maxConnections: 1, maxPending: 2 });
    const first = await it.send();
    const request = await it.upstream.request();
    const second = await it.send();
    await eventually('the second waits', () => waiting(it) === 1);
    const third = await it.send();
    await eventually('the third waits', () => waiting(it) === 2);
    await expectRefused(await it.send(), 'BackendOverloaded');
    reply(request, 'one');
    reply(await it.upstream.request(), 'two');
    reply(await it.upstream.request(), 'three');
    const bodies = await Promise.all([first, second, third].map(async (client) => (await client.response()).body));
    expect(bodies).toEqual(['one', 'two', 'three']);
    expect(it.upstream.connections).toBe(1);
    await it.gateway.settled();
  });

  test('for longer than a request may wait: it is answered 503', async () => {
    await using it = await rig({ maxConnections: 1, maxPending: 1 });
    await it.send();
    const request = await it.upstream.request();
    const second = await it.send();
    await eventually('the second waits', () => waiting(it) === 1);
    it.gateway.skip(1_100);
    await expectRefused(second, 'BackendQueueTimeout');
    reply(request);
    await it.gateway.settled();
    expect(it.upstream.requests).toHaveLength(1);
  });

  test('of a client that left while it waited', async () => {
    await using it = await rig({ maxConnections: 1, maxPending: 1 });
    await it.send();
    const request = await it.upstream.request();
    const second = await it.send();
    await eventually('the second waits', () => waiting(it) === 1);
    await second[Symbol.asyncDispose]();
    await eventually('nobody waits', () => waiting(it) === 0);
    reply(request);
    await it.gateway.settled();
    expect(it.upstream.requests).toHaveLength(1);
  });

  test('beside a tunnel, which keeps its connection until it closes', async () => {
    await using it = await rig({ maxConnections: 1, maxInFlight: 1 });
    const tunnel = await it.send(UPGRADE);
    const { socket } = await it.upstream.request();
    socket.write(SWITCHED);
    expect(await tunnel.response()).toMatchObject({ status: 101 });
    await expectRefused(await it.send(), 'BackendOverloaded');
    await tunnel[Symbol.asyncDispose]();
    await it.gateway.settled();
    const next = await it.send();
    reply(await it.upstream.request());
    expect(await next.response()).toMatchObject({ status: 200 });
  });
});

test('an idle connection to one endpoint makes room for one to another', async () => {
  await using first = await RawUpstream.start();
  await using second = await RawUpstream.start();
  const backend = { limits: { pendingTimeoutMs: 1_000, maxConnections: 1 } };
  await using gateway = await GatewayUnderTest.start({ backends: { app: [first.port, second.port] }, backend });
  for (const upstream of [first, second, first]) {
    await using client = await gateway.client();
    client.send(GET);
    expect(await client.response()).toMatchObject({ status: 200 });
    await gateway.settled();
    await eventually('one connection', () => first.sockets.size + second.sockets.size === 1);
    expect(upstream.sockets.size).toBe(1);
  }
});
