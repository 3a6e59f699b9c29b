import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { acknowledge, describeBehind, isAcknowledged, podsBehind } from '../../src/deliver/acknowledgement.ts';
import { readFleetPods } from '../../src/deliver/fleetPods.ts';
import { readPodReport } from '../../src/deliver/podReport.ts';
import { unreadable } from '../../src/deliver/unreadable.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { acknowledged, answering, FLEET_UID, pod, report, silent } from '../support/verdicts.ts';

const at = (sequence: number, epoch = 1) => ({ epoch, sequence });

describe('a write is acknowledged', () => {
  test.each([
    ['by all that serve it or a later one', acknowledged(answering('a', 5), answering('bb', 9)), true],
    ['not while one is behind', acknowledged(answering('a', 4), answering('bb', 9)), false],
    ['not while one is silent', acknowledged(answering('a', 5), silent('bb')), false],
    ['not while one serves nothing', acknowledged(answering('a', 5), answering('bb', undefined)), false],
    ['not where none counts', acknowledged(), false],
  ])('%s', (_, acknowledgement, expected) => {
    expect(isAcknowledged(acknowledgement, at(5))).toBe(expected);
  });

  test('not by a gateway that still has the documents of a namesake', () => {
    expect(isAcknowledged(acknowledge([answering('a', 9)], 'another-uid'), at(5))).toBe(false);
  });

  test('by epoch before sequence', () => {
    expect(isAcknowledged(acknowledged(answering('a', 900)), at(1, 2))).toBe(false);
  });

  test('exactly when no pod that counts is behind (property)', () => {
    const pods = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(pods, fc.integer({ min: 0, max: 9 }), (sequences, wanted) => {
        const all = acknowledged(...sequences.map((sequence, i) => answering(`pod-${i}`, sequence)));
        const behind = podsBehind(all, at(wanted), FLEET_UID);
        expect(isAcknowledged(all, at(wanted))).toBe(behind.length === 0);
        expect(behind).toHaveLength(sequences.filter((one) => one === undefined || one < wanted).length);
      }),
    );
  });

  test('names three that are behind, and how many more there are', () => {
    const behind = ['a', 'b', 'c', 'd', 'e'].map((name) => answering(name, 1));
    expect(describeBehind(behind)).toBe(
      'pod a serves an older table; pod b serves an older table; pod c serves an older table; and 2 more',
    );
  });
});

describe('the pods of a fleet', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString();
  const object = (ready: string, since: number, metadata: object = {}, status: object = {}): KubeObject => ({
    metadata: { name: 'edge-1', ...metadata },
    spec: { nodeName: 'node-1' },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      startTime: ago(3_600),
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: ago(since) }],
      ...status,
    },
  });
  const leaving = (askedAgo: number, graceSeconds = 60): object => ({
    deletionTimestamp: ago(askedAgo - graceSeconds),
    deletionGracePeriodSeconds: graceSeconds,
  });

  test.each([
    ['is ready', object('True', 100), 'ready receives'],
    ['was ready until a moment ago', object('False', 3), 'receives'],
    ['has not been ready for long', object('False', 30), ''],
    ['starts', object('False', 2, {}, { startTime: ago(3) }), ''],
    ['is ready and was asked to end just now', object('True', 100, leaving(3)), 'receives terminating'],
    ['is ready and everybody knows that it ends', object('True', 100, leaving(30)), 'terminating'],
    ['has no condition', object('True', 1, {}, { conditions: [] }), ''],
  ])('one that %s', (_, one, expected) => {
    const [found] = readFleetPods([one], 10_000, nowMs);
    const words = [found?.ready && 'ready', found?.mayReceive && 'receives', found?.terminating && 'terminating'];
    expect(words.filter(Boolean).join(' ')).toBe(expected);
  });

  test('that have ended are left out, and those without an address have none', () => {
    const ended = ['Succeeded', 'Failed'].map((phase) => object('False', 1, {}, { phase }));
    const found = readFleetPods([...ended, object('True', 1, {}, { podIP: undefined })], 10_000, nowMs);
    expect(found.map(({ address, node }) => [address, node])).toEqual([[undefined, 'node-1']]);
  });
});

describe('what a status port answers', () => {
  test('is read as far as it goes', () => {
    const routes = { fleetUID: 'x', epoch: 2, sequence: 7, revision: 'r' };
    const answer = {
      routes,
      endpoints: null,
      reads: [1, 'two'],
      waiting: { rules: ['a/b/c'] },
      refused: { problems: [{ path: 'p', message: 'm' }] },
      stale: true,
    };
    expect(readPodReport(answer)).toEqual({
      serves: { routes: { fleetUID: 'x', epoch: 2, sequence: 7 }, endpoints: undefined, secrets: undefined },
      reads: [1],
      waitingRules: ['a/b/c'],
      refused: ['p: m'],
      stale: true,
      tripped: [],
    });
  });

  test('never throws, whatever it is, and takes in a hundred things at most (property)', () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const found = readPodReport(answer);
        expect(found === undefined).toBe(typeof answer !== 'object' || answer === null);
      }),
    );
    const many = { waiting: { rules: Array.from({ length: 500 }, String) } };
    expect(readPodReport(many)?.waitingRules).toHaveLength(100);
  });
});

describe('documents that a gateway could not read', () => {
  test.each([
    ['it reads this version', [answering('a', 1)], undefined],
    ['it reads later ones only', [answering('a', 1, { reads: [2, 3] })], /^Pod a reads documents of version 2, 3, and/],
    ['it does not say', [answering('a', 1, { reads: [] })], undefined],
    ['it does not answer', [silent('a')], undefined],
    ['it is leaving', [{ ...answering('a', 1, { reads: [2] }), pod: pod('a', { terminating: true }) }], undefined],
  ])('%s', (_, pods, expected) => {
    const found = unreadable(pods);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found?.message).toMatch(expected);
  });

  test('name the first of several', () => {
    const pods = [
      answering('a', 1),
      { pod: pod('bb'), answer: { outcome: 'Answered' as const, report: report(1, { reads: [9] }) } },
    ];
    expect(unreadable(pods)?.message).toMatch(/^Pod bb/);
  });
});
