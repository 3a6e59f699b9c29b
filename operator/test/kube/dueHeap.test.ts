import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DueHeap } from '../../src/kube/dueHeap.ts';

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 20 }),
    atMs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  }),
  { maxLength: 200 },
);

test('a heap of what is due says the same as a list that is sorted each time', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new DueHeap<number>();
      let list: { readonly key: number; readonly atMs: number }[] = [];
      for (const { key, atMs } of all) {
        const isSame = list.some((one) => one.key === key && one.atMs === atMs);
        if (atMs === undefined) heap.delete(key);
        else heap.set(key, atMs);
        if (!isSame) list = list.filter((one) => one.key !== key);
        if (atMs !== undefined && !isSame) list.push({ key, atMs });
        const [first] = [...list].sort((a, b) => a.atMs - b.atMs);
        expect([heap.size, heap.first?.key, heap.first?.atMs]).toEqual([list.length, first?.key, first?.atMs]);
      }
    }),
  );
});

test('everything that is taken out comes in the order in which it is due', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 300 }), (moments) => {
      const heap = new DueHeap<string>();
      for (const atMs of moments) heap.set(`key ${atMs}`, atMs);
      const taken: number[] = [];
      for (let { first } = heap; first !== undefined; first = heap.first) {
        taken.push(first.atMs);
        heap.delete(first.key);
      }
      expect(taken).toEqual([...moments].sort((a, b) => a - b));
    }),
  );
});
