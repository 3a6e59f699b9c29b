import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GatewayUnderTest, ruleOf } from './gateway.ts';

const GIB = 1_073_741_824;
const MIB = 1_048_576;
const chunk = Buffer.alloc(MIB, 'x');

let backend: Server;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  backend = createServer((incoming, response) => {
    const size = Number(new URL(incoming.url ?? '/', 'http://x').searchParams.get('down') ?? 0);
    let received = 0;
    incoming.on('data', (data: Buffer) => {
      received += data.length;
    });
    incoming.on('end', () => {
      if (size === 0) response.end(String(received));
    });
    if (size > 0) pump(response, size);
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  gateway = await GatewayUnderTest.start();
  await gateway.publish(
    [ruleOf(0, '/', 'test/b:80')],
    [{ id: 'test/b:80', port: (backend.address() as AddressInfo).port }],
  );
  await gateway.serving();
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  backend?.closeAllConnections();
  backend?.close();
});

interface Writable {
  write(data: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(): unknown;
}

/** Writes `size` bytes as fast as they are taken. */
function pump(sink: Writable, size: number): void {
  let left = size;
  const go = (): void => {
    while (left > 0) {
      const data = left >= chunk.length ? chunk : chunk.subarray(0, left);
      left -= data.length;
      if (!sink.write(data)) {
        sink.once('drain', go);
        return;
      }
    }
    sink.end();
  };
  go();
}

function send(method: string, path: string, size: number): Promise<{ bytes: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ bytes: number; text: string }>();
  const headers = { host: 'big.example.com', ...(size > 0 ? { 'content-length': size } : {}) };
  const request = httpRequest({ host: '127.0.0.1', port: gateway.port, method, path, headers });
  request.on('error', reject);
  request.on('response', (response) => {
    let bytes = 0;
    let text = '';
    response.on('data', (data: Buffer) => {
      bytes += data.length;
      if (bytes < 100) text += data.toString();
    });
    response.on('error', reject);
    response.on('end', () => resolve({ bytes, text }));
  });
  if (size > 0) pump(request, size);
  else request.end();
  return promise;
}

async function transfer(size: number): Promise<void> {
  const [up, down] = await Promise.all([send('POST', '/up', size), send('GET', `/down?down=${size}`, 0)]);
  expect(up.text).toBe(String(size));
  expect(down.bytes).toBe(size);
}

test('1 GiB up and 1 GiB down at once grow the gateway by less than 64 MB', async () => {
  await transfer(1);
  const before = gateway.residentBytes;
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, gateway.residentBytes);
  }, 20);
  const startedAt = performance.now();
  await transfer(GIB);
  clearInterval(timer);
  const grownMiB = (highest - before) / MIB;
  process.stdout.write(
    `1 GiB up and down at once: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s, ` +
      `resident ${(before / MIB).toFixed(0)} MiB before, ${(highest / MIB).toFixed(0)} MiB at most, grown by ${grownMiB.toFixed(0)} MiB\n`,
  );
  expect(grownMiB * MIB).toBeLessThan(64_000_000);
}, 180_000);
