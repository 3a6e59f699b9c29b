import { expect, test } from '@jest/globals';
import { staleness } from '../src/staleness.ts';

const now = 1_700_000_000_000;
const seconds = (count: number): number => now - count * 1_000;

test.each([
  ['that does not watch', false, undefined, []],
  ['that follows everything', false, { lostSince: undefined, lastAt: seconds(70) }, []],
  ['whose newest document was refused', true, { lostSince: undefined, lastAt: now }, ['Refused']],
  ['that never reached the API server', false, { lostSince: seconds(3), lastAt: undefined }, ['NoContact']],
  ['whose watch just begins again', false, { lostSince: seconds(5), lastAt: seconds(5) }, []],
  ['whose watch is lost', false, { lostSince: seconds(6), lastAt: seconds(6) }, ['NoContact']],
  [
    'whose watch was lost long ago',
    true,
    { lostSince: seconds(301), lastAt: now },
    ['Refused', 'NoContact', 'EndpointsOld'],
  ],
] as const)('a gateway %s is judged right', (_, isRefused, contact, reasons) => {
  expect(staleness(isRefused, contact, now)).toEqual(reasons);
});
