import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { BlackHole } from '../support/blackHole.ts';
import { endpointOf, type GatewayOptions, GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { answer, RawUpstream } from '../support/rawUpstream.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: shop\r\n\r\n';
const POST = 'POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\n\r\nabc';
const CHUNKED = 'POST /a HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

/** Ports where nobody listens. */
async function deadPorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(createServer())));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return ports;
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function ask(gateway: GatewayUnderTest, request: string) {
  await using client = await gateway.client();
  client.send(request);
  return await client.response();
}

describe('an endpoint that cannot be connected to', () => {
  test.each([
    { name: 'GET', request: GET, body: '' },
    { name: 'POST with a length', request: POST, body: 'abc' },
    { name: 'POST in chunks', request: CHUNKED, body: 'abc' },
  ])('costs no request: a $name goes to another, its body whole', async ({ request, body }) => {
    await using upstream = await RawUpstream.start();
    const [dead = 0] = await deadPorts(1);
    await using gateway = await GatewayUnderTest.start({ backends: { app: [dead, upstream.port] } });
    for (let round = 0; round < 4; round++) expect(await ask(gateway, request)).toMatchObject({ status: 200 });
    await gateway.settled();
    expect(gateway.accessLines.map(({ attempts }) => attempts)).toEqual([2, 1, 1, 1]);
    expect(upstream.requests.map((seen) => seen.body)).toEqual([body, body, body, body]);
  });

  test('gets no request until connecting to it succeeds, about a second later', async () => {
    await using upstream = await RawUpstream.start();
    const [dead = 0] = await deadPorts(1);
    await using gateway = await GatewayUnderTest.start({ backends: { app: [dead, upstream.port] } });
    await ask(gateway, GET);
    await using revived = await RawUpstream.start({ port: dead });
    const all = (): number => revived.requests.length;
    const endsAt = performance.now() + 4_000;
    while (all() === 0 && performance.now() < endsAt) expect(await ask(gateway, GET)).toMatchObject({ status: 200 });
    expect(all()).toBe(1);
    expect(gateway.accessLines.slice(1).every(({ attempts }) => attempts === 1)).toBe(true);
  });

  test('leads to the address of the Service when no other is left', async () => {
    await using cluster = await RawUpstream.start();
    for (const count of [1, 2, 3]) {
      const backends = { app: await deadPorts(count) };
      await using gateway = await GatewayUnderTest.start({ backends, clusterPorts: { app: cluster.port } });
      for (const request of [GET, POST, CHUNKED]) expect(await ask(gateway, request)).toMatchObject({ status: 200 });
    }
    expect(cluster.requests.map(({ body }) => body)).toEqual(['', 'abc', 'abc', '', 'abc', 'abc', '', 'abc', 'abc']);
  });

  test.each([
    { name: 'of a headless Service', cluster: false },
    { name: 'and a cluster address as dead', cluster: true },
  ])('$name is answered 503 with the reason', async ({ cluster }) => {
    const [address = 0, ...dead] = await deadPorts(3);
    const options: GatewayOptions = { backends: { app: dead }, ...(cluster && { clusterPorts: { app: address } }) };
    await using gateway = await GatewayUnderTest.start(options);
    for (const request of [GET, POST]) {
      const response = await ask(gateway, request);
      expect(response.status).toBe(503);
      expect(JSON.parse(response.body)).toMatchObject({ reason: 'ConnectFailed' });
    }
    await gateway.settled();
  });

  test('because it does not answer is given up after the time to connect', async () => {
    await using hole = await BlackHole.open();
    await using upstream = await RawUpstream.start();
    const options = { backends: { app: [hole.port, upstream.port] }, backend: { connectTimeoutMs: 100 } };
    await using gateway = await GatewayUnderTest.start(options);
    const began = performance.now();
    expect(await ask(gateway, POST)).toMatchObject({ status: 200 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    expect(upstream.requests).toHaveLength(1);
    expect(await gateway.settled()).toMatchObject({ attempts: 2 });
  });
});

describe('endpoints', () => {
  const choices = [
    {
      name: 'ready ones alone',
      flags: [{ ready: true }, { ready: false, serving: true, terminating: true }],
      used: [0],
    },
    {
      name: 'terminating ones while none is ready',
      flags: [
        { ready: false, serving: true, terminating: true },
        { ready: false, serving: false },
      ],
      used: [0],
    },
    {
      name: 'neither when they are not ready and stay',
      flags: [{ ready: false, serving: true, terminating: false }],
      used: [],
    },
    {
      name: 'neither when they no longer serve',
      flags: [{ ready: false, serving: false, terminating: true }],
      used: [],
    },
  ];
  test.each(choices)('that may be used are $name', async ({ flags, used }) => {
    await using first = await RawUpstream.start();
    await using second = await RawUpstream.start();
    const upstreams = [first, second];
    const endpoints = flags.map((flag, index) => endpointOf(upstreams[index]?.port ?? 0, flag));
    await using gateway = await GatewayUnderTest.start({ backends: { app: endpoints } });
    for (let round = 0; round < 3; round++) {
      const response = await ask(gateway, GET);
      expect(response.status).toBe(used.length > 0 ? 200 : 503);
      if (used.length === 0) expect(JSON.parse(response.body)).toMatchObject({ reason: 'NoEndpoints' });
    }
    expect(upstreams.flatMap(({ requests }, index) => (requests.length > 0 ? [index] : []))).toEqual(used);
  });

  test('that stay keep their connections; those that go finish what is under way', async () => {
    await using staying = await RawUpstream.start();
    await using going = await RawUpstream.start(() => {});
    await using gateway = await GatewayUnderTest.start({ backends: { app: [staying.port] } });
    await ask(gateway, GET);
    gateway.serveEndpoints({ backends: { app: [staying.port, going.port] } });
    await using slow = await gateway.client();
    await using quick = await gateway.client();
    slow.send(GET);
    quick.send(GET);
    const held = await going.request();
    gateway.serveEndpoints({ backends: { app: [staying.port] } });
    held.socket.write(answer('late'));
    const bodies = [(await slow.response()).body, (await quick.response()).body];
    expect(bodies.toSorted()).toEqual(['late', 'ok']);
    await going.abandoned();
    expect(staying.connections).toBe(1);
    await gateway.settled();
  });
});

test('a backend that scales to zero answers 503 with the reason, and revives with its first endpoint', async () => {
  await using upstream = await RawUpstream.start();
  await using gateway = await GatewayUnderTest.start({ backends: { app: [upstream.port] } });
  for (let round = 0; round < 3; round++) {
    gateway.serveEndpoints({ backends: { app: [] } });
    for (const request of [GET, POST]) {
      const response = await ask(gateway, request);
      expect(response.status).toBe(503);
      expect(JSON.parse(response.body)).toMatchObject({ reason: 'NoEndpoints' });
    }
    gateway.serveEndpoints({ backends: { app: [upstream.port] } });
    expect(await ask(gateway, POST)).toMatchObject({ status: 200 });
  }
  await gateway.settled();
});

test('a rule whose backend cannot be resolved answers 500, and one without any backend too', async () => {
  await using gateway = await GatewayUnderTest.start({
    rules: [to(null, { hostnames: ['null'] }), { hostnames: ['none'], backends: [] }],
  });
  for (const host of ['null', 'none']) {
    const response = await ask(gateway, `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    expect(response.status).toBe(500);
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'BackendUnresolved' });
  }
});
