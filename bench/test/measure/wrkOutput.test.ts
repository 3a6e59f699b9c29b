import { describe, expect, test } from '@jest/globals';
import { countErrors, describeErrors, parseWrkOutput } from '../../src/measure/wrkOutput.ts';

const clean = `Running 8s test @ http://127.0.0.1:40001/bench/get100
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.01ms    1.20ms  31.00ms   92.10%
    Req/Sec    20.11k     1.02k   21.90k    80.00%
  Latency Distribution
     50%  870.00us
     75%    3.10ms
     90%    3.90ms
     99%    7.46ms
  160250 requests in 8.00s, 38.10MB read
Requests/sec:  20031.25
Transfer/sec:      4.76MB
`;

const faulty = clean.replace(
  'Requests/sec',
  '  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 12\nRequests/sec',
);

describe('the output of wrk', () => {
  test('gives counts, rate and latencies in milliseconds', () => {
    expect(parseWrkOutput(clean)).toEqual({
      requests: 160_250,
      requestsPerSecond: 20_031.25,
      p50Ms: 0.87,
      p99Ms: 7.46,
      errors: { connect: 0, read: 0, write: 0, timeout: 0, status: 0 },
    });
  });

  test.each([
    ['950.00us', 0.95],
    ['7.46ms', 7.46],
    ['1.20s ', 1_200],
    ['1.50m ', 90_000],
  ])('gives a latency of %j as %d ms', (written, milliseconds) => {
    expect(parseWrkOutput(clean.replace('7.46ms', written)).p99Ms).toBeCloseTo(milliseconds);
  });

  test('without error lines means no errors', () => {
    expect(countErrors(parseWrkOutput(clean).errors)).toBe(0);
    expect(describeErrors(parseWrkOutput(clean).errors)).toBe('');
  });

  test('counts socket errors and bad statuses, and names those that happened', () => {
    const { errors } = parseWrkOutput(faulty);
    expect(countErrors(errors)).toBe(19);
    expect(describeErrors(errors)).toBe('connect 1, read 2, timeout 4, status 12');
  });

  test.each([
    ['the count of requests', / {2}160250 requests.*\n/],
    ['Requests/sec', /Requests\/sec.*\n/],
    ['the 50% latency', / {5}50%.*\n/],
    ['the 99% latency', / {5}99%.*\n/],
  ])('is refused without %s', (what, line) => {
    expect(() => parseWrkOutput(clean.replace(line, ''))).toThrow(`no line with ${what}`);
  });
});
