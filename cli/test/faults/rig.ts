import type { GatewayUnderTest } from '../load/gateway.ts';
import { Load, type LoadOptions, type LoadResult, quantile } from '../load/load.ts';

export const HOST = 'big.example.com';

/** A load on one gateway; by default GETs and POSTs at 200 a second, each answered by a backend. */
export function loadOf(gateway: GatewayUnderTest, options: Partial<LoadOptions> = {}): Load {
  return new Load({
    port: gateway.port,
    host: HOST,
    ratePerSecond: 200,
    paths: ['/a', '/b'],
    correct: (status, body, id) => status === 200 && (JSON.parse(body) as { id: string }).id === id,
    ...options,
  });
}

export function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

export function print(what: string, { sent, lost, latenciesMs }: LoadResult, more = ''): void {
  const p50 = quantile(latenciesMs, 0.5).toFixed(1);
  const p99 = quantile(latenciesMs, 0.99).toFixed(1);
  process.stdout.write(`${what}: ${sent} requests, ${lost.length} lost, p50 ${p50} ms, p99 ${p99} ms${more}\n`);
}

/** Those of the lost requests with this method. */
export function lostOf(method: string, { lost }: LoadResult): string[] {
  return lost.filter((line) => line.startsWith(`${method} `));
}
