import { expect, test } from '@jest/globals';
import { formatLogLine } from '../../src/run/gatewayLog.ts';

test.each([
  ['{"time":"2026-01-01T00:00:00.000Z","level":"warn","msg":"a b","port":1,"name":"x"}', 'warn: a b (port 1, name x)'],
  ['{"time":"2026-01-01T00:00:00.000Z","level":"error","msg":"a"}', 'error: a'],
  [
    '{"log":"access","method":"GET","host":"a.b","path":"/x","status":503,"reason":"ConnectFailed","durationMs":2.6,"namespace":"n","route":"r","rule":"0","endpoint":"10.0.0.1:80"}',
    'GET a.b/x: 503 ConnectFailed (3 ms, rule 0 of n/r, endpoint 10.0.0.1:80)',
  ],
  ['{"log":"access","method":"GET","host":"a.b","path":"/x","status":404,"durationMs":0.2}', 'GET a.b/x: 404 (0 ms)'],
  ['Error: out of memory', 'Error: out of memory'],
  ['{"broken', '{"broken'],
])('makes %j readable', (line, readable) => {
  expect(formatLogLine(line)).toBe(readable);
});
