import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiClient, type ApiClientOptions } from '../../src/kube/apiClient.ts';
import type { RequestReport } from '../../src/kube/requester.ts';
import { configMaps, endpointSlices } from '../../src/kube/resource.ts';
import type { WatchEvent } from '../../src/kube/watchEvent.ts';
import { eventually, settle } from '../support/eventually.ts';
import { HttpServer } from '../support/httpServer.ts';
import { ManualClock } from '../support/manualClock.ts';

const ref = { namespace: 'shop', name: 'a' };
const object = { metadata: ref };

describe('the client of the API server', () => {
  let server: HttpServer;
  let client: ApiClient;
  let clock: ManualClock;
  const reports: RequestReport[] = [];

  beforeEach(async () => {
    server = await HttpServer.start();
    server.answer = (response) => response.end(JSON.stringify(object));
    clock = new ManualClock();
    reports.length = 0;
    use({});
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  function use(options: Partial<ApiClientOptions>): void {
    client = new ApiClient({ server: server.url, clock, onRequest: (report) => reports.push(report), ...options });
  }

  /** Answers these statuses in turn, then the object. */
  function refuse(statuses: readonly number[], headers: Record<string, string> = {}): void {
    const left = [...statuses];
    server.answer = (response) => {
      const status = left.shift() ?? 200;
      response
        .writeHead(status, headers)
        .end(JSON.stringify(status === 200 ? object : { kind: 'Status', code: status }));
    };
  }

  async function sent(count: number): Promise<void> {
    await eventually(`${count} requests`, () => server.seen.length === count);
    await settle();
  }

  test('sends requests in a row over the same one or two connections', async () => {
    for (let n = 0; n < 50; n++) await client.get(configMaps, ref);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('no more than 32 requests are under way at a time, and all are answered', async () => {
    let under = 0;
    let most = 0;
    server.answer = (response) => {
      under += 1;
      most = Math.max(most, under);
      setImmediate(() => {
        under -= 1;
        response.end(JSON.stringify(object));
      });
    };
    await Promise.all(Array.from({ length: 200 }, () => client.get(configMaps, ref)));
    expect(most).toBeLessThanOrEqual(32);
    expect(server.seen).toHaveLength(200);
  });

  test('a read does not wait behind writes of a fenced client, however many', async () => {
    server.answer = (response, { method }) => {
      if (method === 'GET') response.end(JSON.stringify(object));
    };
    const fenced = client.fenced(() => true, 5_000);
    const writes = Array.from({ length: 100 }, () => fenced.replace(configMaps, object).catch(() => 'failed'));
    await sent(32);
    expect(await client.get(configMaps, ref)).toEqual(object);
    await client.close();
    for (const written of writes) expect(await written).toBe('failed');
  });

  test('who waits for a turn does not lose time of the request, and is asked again whether it may write', async () => {
    const held: (() => void)[] = [];
    server.answer = (response) => held.push(() => response.end(JSON.stringify(object)));
    let mayWrite = true;
    const fenced = client.fenced(() => mayWrite, 5_000);
    const first = Array.from({ length: 32 }, () => fenced.replace(configMaps, object));
    await sent(32);
    const late = fenced.replace(configMaps, object).catch((error: unknown) => error);
    const later = fenced.replace(configMaps, object).catch((error: unknown) => error);
    clock.advance(4_000);
    for (const answer of held.splice(0, 1)) answer();
    await sent(33);
    clock.advance(900);
    mayWrite = false;
    for (const answer of held.splice(0)) answer();
    expect(await late).toEqual(object);
    expect(await later).toMatchObject({ reason: 'Fenced' });
    await Promise.all(first);
  });

  test('waits as long as it is asked to, and a quarter more at most, before it tries again', async () => {
    refuse([429, 503], { 'retry-after': '2' });
    const got = client.get(configMaps, ref);
    await sent(1);
    clock.advance(2_249);
    await settle();
    expect(server.seen).toHaveLength(1);
    clock.advance(1);
    await sent(2);
    clock.advance(2_250);
    expect(await got).toEqual(object);
    expect(reports.map(({ status }) => status)).toEqual([429, 503, 200]);
  });

  test('tries four times and no more', async () => {
    refuse([503, 503, 503, 503], { 'retry-after': '1' });
    const got = client.apply(configMaps, object, { fieldManager: 'evergate' });
    const refused = expect(got).rejects.toMatchObject({ status: 503, retryAfterMs: 1_000 });
    for (const count of [1, 2, 3]) {
      await sent(count);
      clock.advance(1_250);
    }
    await refused;
    expect(server.seen).toHaveLength(4);
  });

  test('does not wait when it is asked to wait long', async () => {
    refuse([429], { 'retry-after': '60' });
    await expect(client.get(configMaps, ref)).rejects.toMatchObject({ status: 429, retryAfterMs: 60_000 });
  });

  test('never creates, and never evicts, twice', async () => {
    refuse([429, 429], { 'retry-after': '1' });
    await expect(client.create(configMaps, object)).rejects.toMatchObject({ status: 429 });
    await expect(client.evict('shop', 'a')).rejects.toMatchObject({ status: 429 });
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/api/v1/namespaces/shop/configmaps',
      '/api/v1/namespaces/shop/pods/a/eviction',
    ]);
  });

  test('reads again when a connection breaks, but does not write again', async () => {
    let breaks = 1;
    const answer = server.answer;
    server.answer = (response, request) => {
      breaks -= 1;
      if (breaks >= 0) response.destroy();
      else answer(response, request);
    };
    const got = client.get(configMaps, ref);
    await sent(1);
    clock.advance(1_000);
    expect(await got).toEqual(object);
    breaks = 1;
    await expect(client.replace(configMaps, object)).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT']);
  });

  test('gives up when its time is over, with the reason', async () => {
    server.answer = () => {};
    const got = client.get(configMaps, ref);
    const late = expect(got).rejects.toMatchObject({ status: 0, reason: 'Timeout' });
    await sent(1);
    clock.advance(30_000);
    await late;
    expect(clock.waiting).toBe(0);
  });

  test('gives up with the reason of its caller, also while it waits to try again', async () => {
    refuse([503], { 'retry-after': '5' });
    const controller = new AbortController();
    const got = client.get(configMaps, ref, controller.signal);
    const ended = expect(got).rejects.toThrow('not needed any more');
    await sent(1);
    controller.abort(new Error('not needed any more'));
    await ended;
    expect(clock.waiting).toBe(0);
  });

  test('does not send a write, nor repeat it, once it may not write', async () => {
    let mayWrite = true;
    refuse([503], { 'retry-after': '1' });
    const fenced = client.fenced(() => mayWrite, 5_000);
    const written = fenced.replace(configMaps, object);
    const refused = expect(written).rejects.toMatchObject({ reason: 'Fenced' });
    await sent(1);
    mayWrite = false;
    clock.advance(1_250);
    await refused;
    expect(server.seen).toHaveLength(1);
    expect(await fenced.get(configMaps, ref)).toEqual(object);
  });

  test('asks for its token each time, and keeps the path that the API lies below', async () => {
    let token = 'one';
    use({ server: `${server.url}/clusters/c1/`, token: () => Promise.resolve(token), userAgent: 'evergate/0.1' });
    await client.get(configMaps, ref);
    token = 'two';
    await client.get(configMaps, ref);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
    expect(server.seen[0]).toMatchObject({
      url: '/clusters/c1/api/v1/namespaces/shop/configmaps/a',
      headers: { 'user-agent': 'evergate/0.1' },
    });
  });

  test('an answer that is none of the API server is an error, not an object', async () => {
    server.answer = (response) => response.end('<html>');
    await expect(client.get(configMaps, ref)).rejects.toMatchObject({ reason: 'BadAnswer' });
    server.answer = (response) => response.end('{"items":[{"x":1}],"metadata":{"resourceVersion":"1"}}');
    await expect(client.list(configMaps)).rejects.toMatchObject({ reason: 'BadAnswer' });
    server.answer = (response) => response.writeHead(502).end('<html>bad gateway</html>');
    await expect(client.get(configMaps, ref)).rejects.toMatchObject({
      status: 502,
      reason: 'Unknown',
      message: 'status 502: <html>bad gateway</html>',
    });
  });

  test('tells what each request cost', async () => {
    await client.apply(endpointSlices, object, { fieldManager: 'evergate' });
    const bytes = JSON.stringify(object).length;
    expect(reports).toMatchObject([
      { verb: 'patch', resource: 'endpointslices', status: 200, requestBytes: bytes, responseBytes: bytes },
    ]);
  });

  describe('a watch', () => {
    const events = [
      { type: 'ADDED', object: { metadata: { name: 'ä', resourceVersion: '1' } } },
      { type: 'NEWS', object: {} },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '2' } } },
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } },
    ];
    const stream = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

    async function watched(): Promise<WatchEvent[]> {
      const all: WatchEvent[] = [];
      for await (const event of client.watch(configMaps, {}, new AbortController().signal)) all.push(event);
      return all;
    }

    test.each([1, 7, 64, 10_000])('is read in pieces of %d bytes', async (size) => {
      server.answer = (response) => {
        for (let from = 0; from < stream.length; from += size) response.write(stream.subarray(from, from + size));
        response.end();
      };
      expect(await watched()).toMatchObject([
        { type: 'ADDED', object: { metadata: { name: 'ä' } } },
        { type: 'BOOKMARK', resourceVersion: '2' },
        { type: 'ERROR', error: { status: 410, reason: 'Expired' } },
      ]);
      expect(reports).toMatchObject([{ verb: 'watch', status: 200, responseBytes: stream.length }]);
    });

    test('that is cut is an error', async () => {
      server.answer = (response) => {
        response.write(stream);
        setImmediate(() => response.destroy());
      };
      await expect(watched()).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
    });

    test('that sends no events is an error', async () => {
      server.answer = (response) => response.end('{"type":"ADDED","object":{}}\n');
      await expect(watched()).rejects.toMatchObject({ reason: 'BadAnswer' });
    });

    test('that sends a line without an end is left', async () => {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      server.answer = (response) => {
        for (let n = 0; n < 20; n++) response.write(piece);
      };
      await expect(watched()).rejects.toMatchObject({ reason: 'TooLarge' });
    });

    test('that is left by its reader ends at the server too', async () => {
      const closed = Promise.withResolvers<void>();
      server.answer = (response) => {
        response.write(stream);
        response.on('close', closed.resolve);
      };
      for await (const _ of client.watch(configMaps, {}, new AbortController().signal)) break;
      await closed.promise;
    });
  });
});
