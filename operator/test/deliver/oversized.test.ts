import { expect, test } from '@jest/globals';
import { oversized } from '../../src/deliver/oversized.ts';
import { publication } from '../../src/deliver/publication.ts';
import { identity, sampleContent } from './sampleContent.ts';

test('what no object can hold is named with its size and a remedy, by what is stored rather than by what it says', () => {
  const key = (end: string) =>
    ({ id: 'shop/key', type: 'Opaque', data: { key: 'x'.repeat(1_000_000) + end } }) as const;
  const plain = publication({ ...sampleContent(3), secrets: [key('a')] }, undefined, identity);
  const small = publication({ ...sampleContent(3), secrets: [key('a')] }, undefined, identity, {
    compressAboveBytes: 8192,
  });
  expect(oversized(plain.writes)).toEqual([
    {
      path: 'secrets.json',
      message: expect.stringMatching(/^found 10\d{5} bytes .* at most 921600: let the fleet name/),
    },
  ]);
  expect(oversized(small.writes)).toEqual([]);
});
