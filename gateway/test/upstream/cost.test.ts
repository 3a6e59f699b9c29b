import type { BackendSettings } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { Counters } from '../../src/observe/counters.ts';
import { Outcome } from '../../src/proxy/outcome.ts';
import { Place } from '../../src/proxy/place.ts';
import type { Waiter } from '../../src/upstream/admission.ts';
import { Backend } from '../../src/upstream/backend.ts';
import type { UpstreamEndpoint } from '../../src/upstream/endpoint.ts';
import { endpointOf } from '../support/gatewayUnderTest.ts';

const ROUNDS = 7;
const CALLS = 100_000;
const MAX_MICROSECONDS = 2;

const everything: BackendSettings = {
  id: 'app',
  loadBalancing: { policy: 'LeastRequests', slowStartMs: 10_000, preferSameZone: true },
  connectTimeoutMs: 1_000,
  circuitBreaker: {
    slidingWindowSize: 100,
    minimumCalls: 20,
    failureRatePercent: 50,
    slowCallMs: 60_000,
    slowCallRatePercent: 100,
    openMs: 1_000,
    halfOpenCalls: 5,
    codes: [500, 503],
  },
  limits: { maxConnections: 1_000, maxPending: 10, pendingTimeoutMs: 100, maxInFlight: 1_000 },
};

const waiter: Waiter = { onConnection() {} };

/** What the request path does for health, breaker, limits and budget, in its order. */
function serve(backend: Backend, counters: Counters, status: number): void {
  const now = performance.now();
  const place = new Place(backend);
  const outcome = new Outcome(counters);
  if (backend.breaker?.refuses(now) === true || !place.enter()) throw new Error('refused');
  backend.budget.onRequest(now);
  if (place.takeConnection(waiter) !== 'Now' || !outcome.begin(backend, now)) throw new Error('refused');
  const endpoint = backend.pick(now) as UpstreamEndpoint;
  endpoint.inFlight++;
  outcome.answered(endpoint, status);
  endpoint.inFlight--;
  place.leave(waiter);
}

/** Of one request, in CPU time: a busy neighbour does not change it. */
function microseconds(backend: Backend, counters: Counters, statusOf: (call: number) => number): number {
  const before = process.cpuUsage();
  for (let call = 0; call < CALLS; call++) serve(backend, counters, statusOf(call));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

test(`health, breaker, limits and budget together take at most ${MAX_MICROSECONDS} us a request`, () => {
  const counters = new Counters({ reasons: [], upstreamErrorKinds: [], now: () => 0 });
  const backend = new Backend('app', counters.backends.slotFor('app'));
  backend.configure(everything);
  const endpoints = Array.from({ length: 20 }, (_, index) =>
    endpointOf(index + 1, { zone: index % 2 === 0 ? 'a' : 'b' }),
  );
  backend.update({ id: 'app', endpoints });
  const good: number[] = [];
  const mixed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    good.push(microseconds(backend, counters, () => 200));
    mixed.push(microseconds(backend, counters, (call) => (call % 5 === 0 ? 404 : 200)));
  }
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
  process.stdout.write(
    `health, breaker, limits and budget: ${median(good).toFixed(2)} us a request, ${median(mixed).toFixed(2)} us with a fifth 404\n`,
  );
  expect(median(good)).toBeLessThan(MAX_MICROSECONDS);
  expect(median(mixed)).toBeLessThan(MAX_MICROSECONDS);
});
