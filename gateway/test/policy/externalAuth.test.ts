import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { field, fieldValues } from '../support/messageReader.ts';
import { answer, type SeenRequest, type UpstreamScript } from '../support/rawUpstream.ts';
import { externalMethod, guarded, type PolicyRig, seen, startRig } from './policyRig.ts';

type Mode = 'Up' | 'Broken' | 'Silent' | 'Refusing';

/** A service that knows the token `good`, and can be made to fail. */
class Service {
  mode: Mode = 'Up';
  readonly held: SeenRequest[] = [];
  readonly script: UpstreamScript = { onRequest: (request) => this.#answer(request) };

  #answer(request: SeenRequest): void {
    if (this.mode === 'Silent') this.held.push(request);
    else request.socket.write(this.#text(request));
  }

  #text(request: SeenRequest): string {
    if (this.mode === 'Broken') return answer('oh', 'HTTP/1.1 500 Oh');
    const isGood = this.mode === 'Up' && fieldValues(request, 'authorization').join('').startsWith('good');
    if (isGood) return answer('', 'HTTP/1.1 200 OK\r\nX-User: ada\r\nX-Secret: s');
    return answer('log in', 'HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nWWW-Authenticate: Bearer\r\nX-Secret: s');
  }
}

const good = 'Authorization: good\r\nX-Other: 1\r\n';

/** How often each status was answered. */
async function statuses(rig: PolicyRig, times: number, fields: string): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (let time = 0; time < times; time++) {
    const { status } = await rig.get('/', fields);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe('an external service', () => {
  test('is asked with the headers that are named, and only those of its own reach the backend', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    expect((await rig.get('/a?b=c', `${good}X-User: root\r\n`)).status).toBe(200);
    const asked = await (rig.auth as NonNullable<typeof rig.auth>).request();
    expect([asked.method, asked.target]).toEqual(['GET', '/check']);
    expect(fieldValues(asked, 'x-other')).toEqual([]);
    expect(fieldValues(asked, 'x-forwarded-uri')).toEqual(['/a?b=c']);
    expect(fieldValues(asked, 'x-forwarded-host')).toEqual(['shop.example.com']);
    expect([seen(rig, 'x-user'), seen(rig, 'x-secret')]).toEqual([['ada'], []]);
  });

  test('answers the client itself where it refuses', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    const refused = await rig.get('/', 'Authorization: bad\r\n');
    expect([refused.status, refused.body, field(refused, 'www-authenticate')]).toEqual([403, 'log in', 'Bearer']);
    expect(field(refused, 'x-secret')).toBeUndefined();
    expect((await rig.gateway.settled())['reason']).toBe('AuthDenied');
  });

  test('is asked once for identical requests that come at once', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    service.mode = 'Silent';
    const all = Array.from({ length: 20 }, () => rig.get('/', good));
    await eventually('the service was asked, and everyone waits', () => {
      return service.held.length > 0 && rig.gateway.counters.requestsInFlight === 20;
    });
    for (const { socket } of service.held) socket.write(answer('', 'HTTP/1.1 200 OK'));
    expect(new Set((await Promise.all(all)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(rig.auth?.requests).toHaveLength(1);
  });

  test('that fails leaves in whom it let in before, marked, and nobody else', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    expect((await rig.get('/', good)).status).toBe(200);
    expect(seen(rig, 'x-evergate-auth-stale')).toEqual([]);
    service.mode = 'Broken';
    expect((await rig.get('/', `${good}X-Evergate-Auth-Stale: no\r\n`)).status).toBe(200);
    expect([seen(rig, 'x-user'), seen(rig, 'x-evergate-auth-stale')]).toEqual([['ada'], ['age=0']]);
    expect((await rig.gateway.settled())['auth']).toBe('External (stale)');
    expect((await rig.get('/', 'Authorization: good too\r\n')).status).toBe(503);
    expect((await rig.get('/other', good)).status).toBe(503);
    expect(rig.gateway.auth.counters.auth).toMatchObject({ Stale: 1, Unavailable: 2 });
  });

  test('that took a permission back and then fails lets nobody in on it', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    expect((await rig.get('/', good)).status).toBe(200);
    service.mode = 'Refusing';
    expect((await rig.get('/', good)).status).toBe(403);
    service.mode = 'Broken';
    expect((await rig.get('/', good)).status).toBe(503);
  });

  test('is left alone after half of ten questions failed, for 30 s, and taken again after exactly 3 good ones', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    await statuses(rig, 5, good);
    service.mode = 'Broken';
    expect(await statuses(rig, 20, 'Authorization: unknown\r\n')).toEqual({ 503: 20 });
    expect(rig.auth?.requests).toHaveLength(10);
    const startedAt = performance.now();
    expect((await rig.get('/', 'Authorization: unknown\r\n')).status).toBe(503);
    process.stdout.write(`breaker open: 503 after ${(performance.now() - startedAt).toFixed(1)} ms\n`);
    expect((await rig.get('/', good)).status).toBe(200);
    const [external] = rig.gateway.auth.services;
    service.mode = 'Up';
    rig.gateway.skip(30_000);
    for (const up of [false, false, true]) {
      expect((await rig.get('/', good)).status).toBe(200);
      expect(external?.status.up).toBe(up);
    }
    expect(rig.auth?.requests).toHaveLength(13);
  });

  test('with onFailure Allow lets in unchecked, and that is counted', async () => {
    const service = new Service();
    service.mode = 'Broken';
    const rules = [guarded('/', externalMethod({ onFailure: 'Allow' }))];
    await using rig = await startRig({ rules, authScript: service.script });
    expect((await rig.get('/', `X-User: root\r\n`)).status).toBe(200);
    expect(seen(rig, 'x-user')).toEqual([]);
    expect(rig.gateway.auth.counters.auth.AllowedUnchecked).toBe(1);
  });

  test('with a time to live is not asked again for the same request', async () => {
    const service = new Service();
    const cache = { ttlMs: 60_000, staleIfErrorMs: 60_000 };
    await using rig = await startRig({ rules: [guarded('/', externalMethod({ cache }))], authScript: service.script });
    expect(await statuses(rig, 5, good)).toEqual({ 200: 5 });
    expect(rig.auth?.requests).toHaveLength(1);
    expect((await rig.get('/b', good)).status).toBe(200);
    expect((await rig.get('/', 'Authorization: good two\r\n')).status).toBe(200);
    expect(rig.auth?.requests).toHaveLength(3);
  });

  test('with a narrower key decides for all that have the same', async () => {
    const service = new Service();
    const key = { method: false, host: false, path: false, headers: ['authorization'] };
    const cache = { ttlMs: 60_000, staleIfErrorMs: 60_000, key };
    await using rig = await startRig({ rules: [guarded('/', externalMethod({ cache }))], authScript: service.script });
    for (const path of ['/', '/a', '/b?c']) expect((await rig.get(path, good)).status).toBe(200);
    expect(rig.auth?.requests).toHaveLength(1);
  });

  test('that does not answer in time is a failure, and other routes do not notice', async () => {
    const service = new Service();
    const rules = [
      guarded('/private', externalMethod({ timeoutMs: 50 })),
      { backends: [{ backend: 'app', weight: 1 }] },
    ];
    await using rig = await startRig({ rules, authScript: service.script });
    service.mode = 'Silent';
    const slow = rig.get('/private', good);
    expect((await rig.get('/public')).status).toBe(200);
    expect((await slow).status).toBe(503);
  });

  test('whose client goes away costs no more than that', async () => {
    const service = new Service();
    await using rig = await startRig({ rules: [guarded('/', externalMethod())], authScript: service.script });
    service.mode = 'Silent';
    const client = await rig.gateway.client();
    client.send(`GET / HTTP/1.1\r\nHost: shop\r\n${good}\r\n`);
    await eventually('the service was asked', () => service.held.length === 1);
    await client[Symbol.asyncDispose]();
    await eventually('the request is over', () => rig.gateway.counters.requestsInFlight === 0);
    service.held[0]?.socket.write(answer());
    expect(rig.gateway.accessLines.at(-1)).toMatchObject({ aborted: true, status: 499 });
    expect(rig.app.requests).toHaveLength(0);
  });
});
