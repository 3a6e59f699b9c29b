import { expect, test } from '@jest/globals';
import { readPartText } from '../../src/reload/partText.ts';
import type { DocumentSource } from '../../src/reload/source.ts';
import { ManualTimers } from '../support/manualTimers.ts';

const part = { name: '0', slot: 'a', hash: 'a'.repeat(64) } as const;

test('a source that takes long to say that it has no part is not asked again and again: other documents wait meanwhile', async () => {
  const timers = new ManualTimers();
  let asked = 0;
  const source: Pick<DocumentSource, 'readPart'> = {
    async readPart() {
      asked += 1;
      timers.pass(2_000);
      throw new Error('gave no answer within 2000 ms');
    },
  };
  const reading = readPartText('routes', part, {
    sources: [{ name: 'Watch', source: source as DocumentSource }],
    timers,
    superseded: () => false,
  });
  await timers.waits(10, 10);
  timers.pass(10);
  expect(await reading).toMatchObject({ outcome: 'unavailable', problem: { path: 'routes-0-a.json' } });
  expect(asked).toBe(2);
});
