import { expect, test } from '@jest/globals';
import { coalesced } from '../../src/run/coalesced.ts';

test('does the work at once, and what was asked for meanwhile in one more round', async () => {
  const rounds: PromiseWithResolvers<void>[] = [];
  const ask = coalesced(() => {
    const round = Promise.withResolvers<void>();
    rounds.push(round);
    return round.promise;
  });
  ask();
  expect(rounds).toHaveLength(1);
  for (let i = 0; i < 50; i++) ask();
  expect(rounds).toHaveLength(1);
  rounds[0]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(rounds).toHaveLength(2);
  rounds[1]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(rounds).toHaveLength(2);
  ask();
  expect(rounds).toHaveLength(3);
});
