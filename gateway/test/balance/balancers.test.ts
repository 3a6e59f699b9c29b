import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Balancer } from '../../src/balance/balancer.ts';
import { createBalancer } from '../../src/balance/createBalancer.ts';
import { LeastRequests } from '../../src/balance/leastRequests.ts';
import { Random } from '../../src/balance/random.ts';
import { RoundRobin } from '../../src/balance/roundRobin.ts';
import type { UpstreamEndpoint } from '../../src/upstream/endpoint.ts';
import { endpointsOf } from '../upstream/endpoints.ts';

function picks(balancer: Balancer, endpoints: readonly UpstreamEndpoint[], count: number): number[] {
  return Array.from({ length: count }, () => endpoints.indexOf(balancer.pick(endpoints, 0)));
}

/** Numbers from 0 to below 1 that look random and are always the same (Mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('every balancer', () => {
  test.each(['RoundRobin', 'LeastRequests', 'Random'] as const)(
    'picks one of what there is, also when that changes: %s',
    (policy) => {
      const balancer = createBalancer(policy);
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }), (sizes) => {
          for (const size of sizes) expect(picks(balancer, endpointsOf(size), 1)[0]).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 50, seed: 1 },
      );
    },
  );
});

describe('round robin', () => {
  test('takes each in turn', () => {
    expect(picks(new RoundRobin(), endpointsOf(3), 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  test('goes on from its place when an endpoint goes', () => {
    const balancer = new RoundRobin();
    const endpoints = endpointsOf(4);
    picks(balancer, endpoints, 3);
    expect(picks(balancer, endpoints.slice(0, 2), 4)).toEqual([0, 1, 0, 1]);
  });
});

describe('least requests', () => {
  test('takes turns while all are as busy', () => {
    expect(new Set(picks(new LeastRequests(), endpointsOf(5), 5)).size).toBe(5);
  });

  test('takes the one with the fewest in flight, of as many as it looks at', () => {
    const loads = fc.array(fc.nat(20), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(loads, fc.nat(100), (inFlight, before) => {
        const balancer = new LeastRequests();
        const endpoints = endpointsOf(inFlight.length);
        picks(balancer, endpoints, before);
        for (const [index, load] of inFlight.entries()) (endpoints[index] as UpstreamEndpoint).inFlight = load;
        expect(balancer.pick(endpoints).inFlight).toBe(Math.min(...inFlight));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  test('looks at all of a large set over time', () => {
    const endpoints = endpointsOf(500);
    for (const endpoint of endpoints) endpoint.inFlight = 1;
    const balancer = new LeastRequests();
    expect(new Set(picks(balancer, endpoints, 500)).size).toBe(500);
  });

  test('keeps the loads of equal endpoints within one of each other', () => {
    const endpoints = endpointsOf(7);
    const balancer = new LeastRequests();
    for (let count = 0; count < 7 * 20; count++) balancer.pick(endpoints).inFlight++;
    expect(new Set(endpoints.map(({ inFlight }) => inFlight))).toEqual(new Set([20]));
  });
});

describe('random', () => {
  test('gives each its share', () => {
    const counts = new Array<number>(4).fill(0);
    for (const index of picks(new Random(seeded(1)), endpointsOf(4), 40_000)) (counts[index] as number) += 1;
    // Four standard deviations of a binomial distribution: 4 * sqrt(40000 * 0.25 * 0.75).
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(347);
  });

  test.each([0, 1 - 2 ** -53])('stays in range at %d', (value) => {
    expect(picks(new Random(() => value), endpointsOf(3), 1)).toEqual([value === 0 ? 0 : 2]);
  });
});
