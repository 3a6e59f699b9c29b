import { describe, expect, test } from '@jest/globals';
import { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import { Backend } from '../../src/upstream/backend.ts';
import { endpointOf } from '../support/gatewayUnderTest.ts';

interface Listed {
  readonly priority: number;
  readonly weight?: number;
  readonly endpoints?: number;
}

/** Backends named by their position, with endpoints that the test makes unhealthy. */
function split(listed: readonly Listed[]) {
  let draw = 0;
  const backends = listed.map(({ endpoints = 10 }, index) => {
    const backend = new Backend(String(index), 0);
    backend.update({ id: String(index), endpoints: Array.from({ length: endpoints }, (_, at) => endpointOf(at + 1)) });
    return backend;
  });
  const entries = listed.map(({ priority, weight = 1 }, index) => ({
    backend: backends[index] as Backend,
    priority,
    weight,
  }));
  const weighted = new WeightedBackends(entries, () => (draw++ % 1_000) / 1_000);
  return { weighted, backends };
}

function shares(weighted: WeightedBackends, count: number): number[] {
  const seen = new Array<number>(count).fill(0);
  for (let pick = 0; pick < 10_000; pick++) (seen[Number(weighted.pick(0)?.id)] as number) += 1;
  return seen.map((picks) => picks / 10_000);
}

function breakDown(backend: Backend | undefined, count: number): void {
  for (const endpoint of [...(backend?.endpoints ?? [])].slice(0, count)) endpoint.health.connectFailed(0);
}

function expectShares(found: readonly number[], expected: readonly number[]): void {
  for (const [index, share] of expected.entries()) expect(found[index]).toBeCloseTo(share, 1);
}

describe('priorities', () => {
  test.each([
    { down: 0, shares: [1, 0] },
    { down: 2, shares: [1, 0] },
    { down: 5, shares: [0.7, 0.3] },
    { down: 8, shares: [0.28, 0.72] },
    { down: 10, shares: [0, 1] },
  ])('spill over as healthy capacity falls: with $down of 10 endpoints down', ({ down, shares: expected }) => {
    const { weighted, backends } = split([{ priority: 0 }, { priority: 1 }]);
    breakDown(backends[0], down);
    expectShares(shares(weighted, 2), expected);
  });

  test('come back as soon as the first one does', () => {
    const { weighted, backends } = split([{ priority: 0 }, { priority: 1 }]);
    breakDown(backends[0], 10);
    expect(weighted.pick(0)?.id).toBe('1');
    for (const { health } of backends[0]?.endpoints ?? []) health.connected(0);
    expectShares(shares(weighted, 2), [1, 0]);
  });

  test('keep the weights within each', () => {
    const { weighted, backends } = split([
      { priority: 0, weight: 9 },
      { priority: 0, weight: 1 },
      { priority: 7, weight: 3 },
      { priority: 7, weight: 1 },
    ]);
    expectShares(shares(weighted, 4), [0.9, 0.1, 0, 0]);
    breakDown(backends[0], 10);
    breakDown(backends[1], 10);
    expectShares(shares(weighted, 4), [0, 0, 0.75, 0.25]);
  });

  test('send nothing to a backend that is down beside one that is not', () => {
    const { weighted, backends } = split([{ priority: 0 }, { priority: 0 }, { priority: 1 }]);
    breakDown(backends[0], 10);
    expectShares(shares(weighted, 3), [0, 0.7, 0.3]);
  });

  test('end with the best there is when nothing has enough', () => {
    const { weighted, backends } = split([{ priority: 0 }, { priority: 1 }]);
    breakDown(backends[0], 9);
    breakDown(backends[1], 8);
    const [first = 0, second = 0] = shares(weighted, 2);
    expect(first + second).toBe(1);
    expect(second).toBeGreaterThan(first);
  });

  test('leave a backend without endpoints out, and name another in its place', () => {
    const { weighted, backends } = split([{ priority: 0, endpoints: 0 }, { priority: 1 }]);
    expectShares(shares(weighted, 2), [0, 1]);
    expect(weighted.instead(backends[0] as Backend, 0)).toBe(backends[1]);
    breakDown(backends[1], 10);
    expect(weighted.instead(backends[0] as Backend, 0)).toBeUndefined();
  });
});

test('weights are exact within 1 % after 10,000 requests', () => {
  const entries = [70, 20, 7, 3].map((weight, index) => ({ backend: new Backend(String(index), 0), weight }));
  const found = shares(new WeightedBackends(entries), 4);
  process.stdout.write(
    `weights 70, 20, 7 and 3 after 10,000 requests: ${found.map((share) => (share * 100).toFixed(2)).join(', ')}\n`,
  );
  for (const [index, share] of [0.7, 0.2, 0.07, 0.03].entries())
    expect(Math.abs((found[index] as number) - share)).toBeLessThan(0.01);
});
