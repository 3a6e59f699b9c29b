import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { sortHeaders } from '../../src/proxy/requestHeaders.ts';
import { parse } from '../listen/http1/parse.ts';

const HEADS = 500;
const VALUE_BYTES = 30_000;

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('names of fields that are remembered do not keep the heads that they came in', () => {
  const before = heapAfterCollection();
  for (let count = 0; count < HEADS; count++) {
    const { requests } = parse([
      `GET / HTTP/1.1\r\nhost: shop\r\nx-a-long-name-${count}: ${'v'.repeat(VALUE_BYTES)}\r\n\r\n`,
    ]);
    sortHeaders(requests[0]?.head.headers ?? []);
  }
  expect(heapAfterCollection() - before).toBeLessThan((HEADS * VALUE_BYTES) / 4);
});
