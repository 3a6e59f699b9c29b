import { describe, expect, test } from '@jest/globals';
import type { AnsweringPod } from '../../src/deliver/acknowledgement.ts';
import { documentVersion } from '../../src/deliver/documentVersion.ts';
import { publication } from '../../src/deliver/publication.ts';
import { identity, sampleContent } from './sampleContent.ts';

const written = [1, 2];

function reading(reads: readonly number[], pod: Partial<AnsweringPod['pod']> = {}): AnsweringPod {
  const serves = { routes: undefined, endpoints: undefined, secrets: undefined };
  const report = { serves, reads, waitingRules: [], refused: [], stale: false, tripped: [] };
  return { pod: { ...silent.pod, ...pod }, answer: { outcome: 'Answered', report } };
}

const silent: AnsweringPod = {
  pod: { name: 'a', address: '10.0.0.1', node: 'n', ready: true, mayReceive: true, terminating: false },
  answer: { outcome: 'Unreachable', why: 'timeout' },
};

describe('the version that documents are written in', () => {
  test.each<[string, number, readonly AnsweringPod[], number | undefined]>([
    ['is the highest that all gateways read', 2, [reading([1, 2]), reading([1, 2])], 1],
    ['stays with what the oldest of them reads', 1, [reading([1, 2]), reading([1])], 1],
    ['comes back to that when an older one comes', 1, [reading([1, 2]), reading([1], { mayReceive: false })], 2],
    ['stays while one does not say what it reads', 1, [reading([1, 2]), silent], 1],
    ['stays the higher one, too', 2, [reading([1, 2]), silent], 2],
    [
      'stays while an older one leaves and may still be asked',
      1,
      [reading([1, 2]), reading([1], { terminating: true })],
      1,
    ],
    ['waits for none that left', 2, [reading([1, 2]), reading([1], { terminating: true, mayReceive: false })], 1],
    ['stays as it is without gateways', 2, [], 2],
    ['is at first the lowest', 1, [], undefined],
    ['is the lowest where a gateway reads none of them', 1, [reading([9])], 2],
  ])('%s', (_, expected, pods, present) => {
    expect(documentVersion(pods, present, written)).toBe(expected);
  });
});

test('another version makes all three documents new, and their order, content and revision stay', () => {
  const content = sampleContent(3);
  const first = publication(content, undefined, identity, { version: 1 });
  const second = publication(content, first.state, identity, { version: 2 });
  expect(second.writes.map(({ key }) => key)).toEqual(['endpoints.json', 'secrets.json', 'routes.json']);
  const { routes, endpoints, secrets } = second.state;
  expect([routes, endpoints, secrets].map(({ version }) => version)).toEqual([2, 2, 2]);
  expect(routes.revision).toBe(first.state.routes.revision);
  expect(routes.sequence).toBe(first.state.routes.sequence + 1);
  expect(publication(content, second.state, identity, { version: 2 }).unchanged).toBe(true);
});
