import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLog } from '@evergate/process/log';
import type { SidePort } from '@evergate/process/sidePort';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createStatusPort, type RevisionReport, type StatusPortOptions } from '../src/statusPort.ts';

const order = {
  fleetUID: 'f',
  epoch: 1,
  sequence: 4182,
  revision: 'a'.repeat(64),
  since: '2026-01-01T00:00:00.000Z',
  source: 'Watch',
} as const;

const report: RevisionReport = {
  documents: { routes: order, endpoints: order, secrets: null },
  reads: [1],
  features: ['gzip'],
  stale: false,
  staleBecause: [],
  contact: { lost: null, last: '2026-01-01T00:00:00.000Z' },
  draining: false,
  waitingRules: [],
  refused: [],
};

const lines: string[] = [];
let port: SidePort | undefined;

async function start(overrides: Partial<StatusPortOptions> = {}): Promise<string> {
  port = createStatusPort({
    host: '127.0.0.1',
    port: 0,
    log: createLog({ level: 'debug', write: (line) => lines.push(line), now: () => 0 }),
    metrics: { write: async (sink) => void sink.write('up 1\n') },
    readiness: () => ({ ready: true, components: { table: { status: 'UP', details: { sequence: 4182 } } } }),
    revision: () => report,
    breakers: () => [],
    ...overrides,
  });
  return `http://127.0.0.1:${await port.listen()}`;
}

async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

afterEach(async () => {
  await port?.close();
  port = undefined;
  lines.length = 0;
});

describe('the status port', () => {
  test('a living process is alive, whatever else is wrong', async () => {
    const url = await start({ readiness: () => ({ ready: false, components: {} }) });
    const answer = await fetch(`${url}/health/live`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'UP' });
  });

  test('it is ready with a map of what that depends on', async () => {
    const url = await start({
      readiness: () => ({
        ready: true,
        components: { table: { status: 'UP', details: { sequence: 4182, stale: true } }, redis: { status: 'DOWN' } },
      }),
    });
    const answer = await fetch(`${url}/health/ready`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: 'UP',
      table: { status: 'UP', sequence: 4182, stale: true },
      redis: { status: 'DOWN' },
    });
  });

  test('without a table it answers 503 and says so', async () => {
    const url = await start({ readiness: () => ({ ready: false, components: { table: { status: 'DOWN' } } }) });
    const answer = await fetch(`${url}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: 'DOWN', table: { status: 'DOWN' } });
  });

  test('the revision names each document, what waits and what was refused, in bounded lists', async () => {
    const waitingRules = Array.from({ length: 500 }, (_, index) => `shop/orders/${index}`);
    const url = await start({
      revision: () => ({ ...report, waitingRules, refused: [{ path: 'rules[3]', message: 'expected a name' }] }),
    });
    const answer: unknown = await (await fetch(`${url}/revision`)).json();
    expect(answer).toEqual({
      routes: order,
      endpoints: order,
      secrets: null,
      reads: [1],
      features: ['gzip'],
      stale: false,
      staleBecause: [],
      contact: { lost: null, last: '2026-01-01T00:00:00.000Z' },
      draining: false,
      waiting: { count: 500, rules: waitingRules.slice(0, 100) },
      refused: { count: 1, problems: [{ path: 'rules[3]', message: 'expected a name' }] },
      tripped: { count: 0, backends: [] },
    });
  });

  test('breakers that are not closed are named with the revision, and stand before the others', async () => {
    const breaker = { forMs: 5, failureRate: 0, slowRate: 0 };
    const closed = Array.from(
      { length: 1_500 },
      (_, index) => ({ backend: `b${index}`, state: 'Closed', ...breaker }) as const,
    );
    const open = { backend: 'shop/orders:80', state: 'Open', ...breaker } as const;
    const url = await start({ breakers: () => [...closed, open] });
    expect(await (await fetch(`${url}/revision`)).json()).toMatchObject({
      tripped: { count: 1, backends: ['shop/orders:80'] },
    });
    const answer = (await (await fetch(`${url}/breakers`)).json()) as { count: number; breakers: object[] };
    expect(answer).toMatchObject({ count: 1_501, tripped: 1 });
    expect(answer.breakers).toEqual([open, ...closed.slice(0, 999)]);
  });

  test('metrics come as Prometheus text', async () => {
    const answer = await fetch(`${await start()}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('up 1\n');
  });

  test('scrapes take turns, and what cannot wait is told so', async () => {
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const url = await start({
      metrics: {
        write: async (sink) => {
          running += 1;
          most = Math.max(most, running);
          await gate.promise;
          sink.write('up 1\n');
          running -= 1;
        },
      },
    });
    const statuses: number[] = [];
    const scrapes = Array.from({ length: 8 }, async () => {
      const answer = await fetch(`${url}/metrics`);
      if (statuses.push(answer.status) === 3) gate.resolve();
      await answer.text();
    });
    await Promise.all(scrapes);
    expect(most).toBe(1);
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 200, 503, 503, 503]);
  });

  test('HEAD answers the same head without a body', async () => {
    const answer = await fetch(`${await start()}/health/live`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('16');
    expect(await answer.text()).toBe('');
  });

  test.each(['POST', 'PUT', 'DELETE'])('%s is refused with what is allowed', async (method) => {
    const answer = await fetch(`${await start()}/health/live`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  test.each(['/', '/drain', '/constructor', '/health/live/'])(
    '%s is not found, and the answer says what is',
    async (path) => {
      const answer = await fetch(`${await start()}${path}`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toBe(
        'not found; here are /health/live, /health/ready, /metrics, /breakers, /revision\n',
      );
    },
  );

  test('a query is ignored', async () => {
    expect((await fetch(`${await start()}/health/live?x=1`)).status).toBe(200);
  });

  test('a provider that throws costs its own answer and a line in the log', async () => {
    const url = await start({
      revision: () => {
        throw new Error('no such table');
      },
    });
    expect((await fetch(`${url}/revision`)).status).toBe(500);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(lines).toEqual([expect.stringContaining('no such table')]);
  });

  test('bytes that are no request end their own connection only', async () => {
    const url = await start();
    expect(await exchange(url, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchange(url, `GET /health/live HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(9_000)}\r\n\r\n`)).toMatch(
      / 400 /,
    );
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  test('a scrape whose reader goes away lets the next one in', async () => {
    const begun = Promise.withResolvers<void>();
    let scrapes = 0;
    const url = await start({
      metrics: {
        write: async (sink, signal) => {
          scrapes += 1;
          sink.write('up 1\n');
          if (scrapes > 1) return;
          begun.resolve();
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
    });
    const leaving = new AbortController();
    const first = fetch(`${url}/metrics`, { signal: leaving.signal }).then((answer) => answer.text());
    await begun.promise;
    leaving.abort();
    await expect(first).rejects.toThrow();
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    expect(lines).toEqual([]);
  });

  test('an address that is taken rejects with a sentence', async () => {
    const taken = Number(new URL(await start()).port);
    const second = createStatusPort({
      host: '127.0.0.1',
      port: taken,
      log: createLog({ level: 'error', write: () => {}, now: () => 0 }),
      metrics: { write: async () => {} },
      readiness: () => ({ ready: true, components: {} }),
      breakers: () => [],
      revision: () => report,
    });
    await expect(second.listen()).rejects.toThrow(`the status port cannot listen on 127.0.0.1:${taken}`);
  });
});
