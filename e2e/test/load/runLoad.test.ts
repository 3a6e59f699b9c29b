import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { defaultLoad, type LoadOptions } from '../../src/load/loadOptions.ts';
import { type LoadResult, runLoad } from '../../src/load/runLoad.ts';
import { identityHeader } from '../../src/requestId.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { closed, listening } from '../listening.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => closed(server)));
});

async function serve(server: Server): Promise<number> {
  servers.push(server);
  return listening(server);
}

function load(port: number, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  const target = `http://127.0.0.1:${port}/load`;
  const all = { ...defaultLoad, run: 'test', target, ratePerSecond: 200, seconds: 1, timeoutMs: 10_000, ...options };
  return runLoad(all, new AbortController().signal, () => {});
}

function upstream(arrived: (id: string) => void = () => {}): Server {
  return new Upstream({ origin: { pod: 'pod', version: 'v1' }, arrived, failPercent: 0 }).server;
}

/** An upstream that does something else with every tenth request. */
function flawed(flaw: (response: ServerResponse) => void): Server {
  const whole = upstream();
  let requests = 0;
  return createServer((request, response) => {
    requests += 1;
    if (requests % 10 === 0) flaw(response);
    else whole.emit('request', request, response);
  });
}

test('nothing is lost where nothing fails, streams included, and every id arrives once', async () => {
  const arrived: string[] = [];
  const port = await serve(upstream((id) => arrived.push(id)));
  const result = await load(port, { downloadSeconds: 0.5, webSocket: true, eventStream: true });
  expect(result).toMatchObject({ sent: 200, answered: 200, lost: 0, acknowledged: '0-199', pods: { pod: 200 } });
  expect(new Set(arrived).size).toBe(200);
  expect(arrived).toHaveLength(200);
  expect(result.streams.download).toMatchObject({ broken: 0 });
  expect(result.streams.download?.whole).toBeGreaterThan(0);
  expect(result.streams.webSocket).toMatchObject({ whole: 1, broken: 0 });
  expect(result.streams.eventStream).toMatchObject({ whole: 1, broken: 0 });
});

test('the load has GETs and POSTs, on kept-alive and on fresh connections', async () => {
  const kinds = new Set<string>();
  const port = await serve(
    createServer((request, response) => {
      kinds.add(`${request.headers.connection} ${request.method}`);
      response.end();
    }),
  );
  await load(port);
  expect([...kinds].sort()).toEqual(['close GET', 'close POST', 'keep-alive GET', 'keep-alive POST']);
});

test('all connections that are kept alive are in use, also where one would do', async () => {
  const requests = new Map<Socket, number>();
  const count = ({ socket }: IncomingMessage): unknown => requests.set(socket, (requests.get(socket) ?? 0) + 1);
  const server = upstream().on('request', count);
  await load(await serve(server), { connections: 10, freshPercent: 0 });
  expect([...requests.values()].every((number) => number >= 15)).toBe(true);
  expect(requests.size).toBe(10);
});

const flaws: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
  ['a connection that is reset', (response) => response.socket?.resetAndDestroy(), /ECONNRESET/],
  ['a status of an error', (response) => response.writeHead(503).end(), /status 503/],
  ['an answer that breaks off', breakOff, /aborted|ECONNRESET/],
  ['the answer of another request', (response) => response.end('{"id":"test.9999"}'), /another request: test.9999/],
];

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 });
  response.write('{', () => response.socket?.destroy());
}

test.each(flaws)('%s is a lost request', async (_, flaw, reason) => {
  const port = await serve(flawed(flaw));
  const result = await load(port);
  expect(result.lost).toBe(20);
  expect(result.answered).toBe(180);
  expect(Object.keys(result.reasons).join()).toMatch(reason);
  expect(result.examples).toHaveLength(20);
});

test('requests say who asks as they are told to, and one that arrives as another is lost', async () => {
  const port = await serve(upstream());
  const headers = { [identityHeader]: 'user-{turn}' };
  const right = await load(port, { headers, identity: 'user-{turn}' });
  expect(right).toMatchObject({ lost: 0, answered: 200 });
  const wrong = await load(port, { headers, identity: 'user-3', ratePerSecond: 50 });
  expect(wrong).toMatchObject({ lost: 40, answered: 10 });
  expect(Object.keys(wrong.reasons).sort()).toEqual([0, 1, 2, 4].map((turn) => `arrived as of user-${turn}`));
});

test('a status that may be is refused, not lost, and each second tells how its requests ended', async () => {
  const port = await serve(flawed((response) => response.writeHead(429).end()));
  const result = await load(port, { seconds: 2, ratePerSecond: 100, refusals: [429] });
  expect(result).toMatchObject({ sent: 200, answered: 180, refused: 20, lost: 0, examples: [] });
  expect(result.timeline).toHaveLength(2);
  const sums = result.timeline.map((endings) => (endings['answered'] ?? 0) + (endings['status 429'] ?? 0));
  expect(sums).toEqual([100, 100]);
  expect(Object.keys(result.latencies).sort()).toEqual(['answered', 'status 429']);
  expect(result.lastDueMs).toEqual({ answered: expect.any(Number), 'status 429': expect.any(Number) });
  const last = Object.values(result.lastDueMs)
    .map((ms) => Math.round(ms / 10))
    .sort((a, b) => b - a);
  expect(last[0]).toBe(199);
  expect(last[1]).toBeGreaterThan(180);
});

test('the most POSTs that were under way at once are told', async () => {
  const port = await serve(createServer(() => {}));
  const result = await load(port, { ratePerSecond: 20, timeoutMs: 1_500, connections: 100, postPercent: 100 });
  expect(result.mostPostsUnderWay).toBe(20);
});

test('a refused connection is a lost request', async () => {
  const server = upstream();
  const port = await listening(server);
  await closed(server);
  const result = await load(port, { ratePerSecond: 20 });
  expect(result).toMatchObject({ sent: 20, lost: 20, answered: 0 });
});

test('a request without an answer in time is a lost request, and ends the wait for it', async () => {
  const port = await serve(createServer(() => {}));
  const result = await load(port, { ratePerSecond: 20, timeoutMs: 200 });
  expect(result.reasons).toEqual({ 'no whole answer in time': 20 });
});

test('with retries, a GET that failed once is not lost, and is counted', async () => {
  const port = await serve(flawed((response) => response.socket?.resetAndDestroy()));
  const result = await load(port, { getRetries: 3, retryPauseMs: 10, postPercent: 0 });
  expect(result).toMatchObject({ lost: 0, answered: 200 });
  expect(result.retried).toBeGreaterThan(0);
});

test('a stream that breaks is counted with what broke it, and opened again', async () => {
  const port = await serve(
    createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write('wrong');
      setTimeout(() => response.socket?.destroy(), 20);
    }),
  );
  const result = await load(port, { ratePerSecond: 1, downloadSeconds: 1, eventStream: true, webSocket: true });
  expect(result.streams.download?.broken).toBeGreaterThan(1);
  expect(result.streams.eventStream?.broken).toBeGreaterThan(1);
  expect(result.streams.webSocket?.broken).toBeGreaterThan(1);
  expect(result.streams.download?.reasons[0]).toMatch(/wrong bytes/);
});

test('the rate stays although the target stalls', async () => {
  const waiting: ServerResponse[] = [];
  const port = await serve(
    createServer((_, response) => {
      waiting.push(response);
    }),
  );
  const result = await load(port, { ratePerSecond: 100, timeoutMs: 1_500, connections: 100 });
  expect(result.sent).toBe(100);
  expect(waiting).toHaveLength(100);
});
