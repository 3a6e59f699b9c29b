import { describe, expect, test } from '@jest/globals';
import { AccessLog, type AccessLogSettings, type AccessRecord } from '../../src/observe/accessLog.ts';

const request: AccessRecord = {
  startedAt: Date.UTC(2026, 0, 1),
  requestId: 'r-1',
  traceId: 't-1',
  clientAddress: '192.0.2.1',
  method: 'GET',
  host: 'shop.example.com',
  path: '/api/orders/9',
  hasQuery: true,
  userAgent: 'curl/8',
  status: 200,
  reason: undefined,
  auth: undefined,
  limit: undefined,
  aborted: false,
  durationMs: 12.34567,
  firstByteMs: 10,
  requestBytes: 0,
  responseBytes: 5,
  rule: { name: 'api', route: { namespace: 'shop', name: 'orders' } },
  backend: 'shop/orders-v1:80',
  endpoint: '10.0.0.1:8080',
  endpointState: 'Healthy',
  failedTries: undefined,
  attempts: 1,
};

function logged(settings: AccessLogSettings, records: readonly AccessRecord[], random?: () => number): string[] {
  const lines: string[] = [];
  const log = new AccessLog({ write: (line) => lines.push(line) }, random);
  log.configure(settings);
  for (const record of records) log.record(record);
  return lines;
}

const all: AccessLogSettings = { mode: 'All', percent: 0 };

describe('the access log', () => {
  test('a line names the request, what became of it and who served it', () => {
    const [line = ''] = logged(all, [request]);
    expect(JSON.parse(line)).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      log: 'access',
      requestId: 'r-1',
      traceId: 't-1',
      client: '192.0.2.1',
      method: 'GET',
      host: 'shop.example.com',
      path: '/api/orders/9',
      query: true,
      userAgent: 'curl/8',
      status: 200,
      aborted: false,
      durationMs: 12.346,
      firstByteMs: 10,
      requestBytes: 0,
      responseBytes: 5,
      namespace: 'shop',
      route: 'orders',
      rule: 'api',
      backend: 'shop/orders-v1:80',
      endpoint: '10.0.0.1:8080',
      attempts: 1,
    });
  });

  test('with None nothing of a request is even read', () => {
    const untouched = new Proxy(request, {
      get: () => {
        throw new Error('read');
      },
    });
    expect(logged({ mode: 'None', percent: 100 }, [untouched])).toEqual([]);
  });

  test('before any settings nothing is logged', () => {
    const lines: string[] = [];
    new AccessLog({ write: (line) => lines.push(line) }).record(request);
    expect(lines).toEqual([]);
  });

  test('Errors are answers of 500 or more, and what was aborted', () => {
    const records = [
      request,
      { ...request, status: 499 },
      { ...request, status: 500, requestId: 'broken' },
      { ...request, aborted: true, requestId: 'aborted' },
    ];
    const ids = logged({ mode: 'Errors', percent: 0 }, records).map(
      (line) => (JSON.parse(line) as AccessRecord).requestId,
    );
    expect(ids).toEqual(['broken', 'aborted']);
  });

  test.each([
    [0, 0],
    [25, 25],
    [99.5, 100],
    [100, 100],
  ])('of Sampled %d percent %d of 100 are logged', (percent, expected) => {
    let step = 0;
    const random = () => (step++ % 100) / 100;
    expect(logged({ mode: 'Sampled', percent }, new Array<AccessRecord>(100).fill(request), random)).toHaveLength(
      expected,
    );
  });

  test('no value can forge a line or make it endless', () => {
    const lines = logged(all, [{ ...request, path: `/"\n\u0000\u001b[2J${'x'.repeat(5_000)}` }]);
    expect(lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in a line.
    expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
    expect(lines[0]?.length).toBeLessThan(1_600);
  });

  test('what matched no rule has no route', () => {
    const [line = ''] = logged(all, [{ ...request, rule: undefined, reason: 'NoRoute', status: 404 }]);
    expect(JSON.parse(line)).toMatchObject({ reason: 'NoRoute', status: 404 });
    expect(line).not.toContain('"route"');
  });
});
