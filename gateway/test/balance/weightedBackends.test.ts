import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import { Backend } from '../../src/upstream/backend.ts';

function split(weights: readonly number[]) {
  const entries = weights.map((weight, index) => ({ backend: new Backend(String(index), 0), weight }));
  return new WeightedBackends(entries);
}

function counts(backends: WeightedBackends, of: number, picks: number): number[] {
  const seen = new Array<number>(of).fill(0);
  for (let count = 0; count < picks; count++) (seen[Number(backends.pick(0)?.id)] as number) += 1;
  return seen;
}

const someWeights = fc
  .array(fc.nat(30), { minLength: 1, maxLength: 8 })
  .filter((weights) => weights.some((weight) => weight > 0));

describe('a split by weight', () => {
  test('is exact over every cycle, from any place in it', () => {
    fc.assert(
      fc.property(someWeights, fc.nat(100), (weights, before) => {
        const backends = split(weights);
        counts(backends, weights.length, before);
        const cycle = weights.reduce((sum, weight) => sum + weight, 0);
        expect(counts(backends, weights.length, cycle)).toEqual(weights);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('never leaves a backend a whole request away from its share', () => {
    fc.assert(
      fc.property(someWeights, (weights) => {
        const backends = split(weights);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const seen = new Array<number>(weights.length).fill(0);
        for (let picks = 1; picks <= total; picks++) {
          (seen[Number(backends.pick(0)?.id)] as number) += 1;
          for (const [index, weight] of weights.entries())
            expect(Math.abs((seen[index] as number) - (picks * weight) / total)).toBeLessThan(weights.length);
        }
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  test('of 90 to 10 gives the small share one request in ten, evenly', () => {
    const backends = split([90, 10]);
    for (let cycle = 0; cycle < 10; cycle++) expect(counts(backends, 2, 10)).toEqual([9, 1]);
  });

  test('gives a reference that could not be resolved its share', () => {
    const backends = new WeightedBackends([
      { backend: new Backend('0', 0), weight: 1 },
      { backend: null, weight: 1 },
    ]);
    const picked = [backends.pick(0), backends.pick(0), backends.pick(0), backends.pick(0)];
    expect(picked.filter((backend) => backend === null)).toHaveLength(2);
  });

  test.each([[[]], [[0]], [[0, 0]]])('of weights %j has no backend', (weights) => {
    expect(split(weights).pick(0)).toBeUndefined();
  });
});
