import { describe, expect, test } from '@jest/globals';
import { type FileState, judge, type Verdict } from '../../src/reload/settle.ts';

const old: FileState = { inode: '1:1', size: 10n, modifiedNs: 1n, changedNs: 1n };
const written: FileState = { ...old, size: 11n, modifiedNs: 2n, changedNs: 2n };
const writtenOn: FileState = { ...written, modifiedNs: 3n, changedNs: 3n };
const replaced: FileState = { ...written, inode: '1:2' };

describe('judge', () => {
  test.each<[string, FileState | undefined, FileState | undefined, FileState | undefined, number, Verdict]>([
    ['a file that is as it was', old, undefined, old, 0, 'unchanged'],
    ['a file that is still missing', undefined, undefined, undefined, 0, 'unchanged'],
    ['a file that was replaced', old, undefined, replaced, 0, 'take'],
    ['a new file, at first', undefined, undefined, old, 0, 'wait'],
    ['a new file that has settled', undefined, old, old, 100, 'take'],
    ['a file written in place, at first', old, undefined, written, 0, 'wait'],
    ['a file written in place too short a time ago', old, written, written, 99, 'wait'],
    ['a file written in place that has settled', old, written, written, 100, 'take'],
    ['a file that is still being written', old, written, writtenOn, 100, 'wait'],
    ['a file that has just gone', old, undefined, undefined, 0, 'wait'],
  ])('decides on %s', (_, taken, before, now, passedMs, verdict) => {
    const sighting = before === undefined ? undefined : { state: before, at: 5_000 };
    expect(judge(taken, sighting, { state: now, at: 5_000 + passedMs }, 100)).toBe(verdict);
  });

  test('takes it that a file is gone when it has been gone for long enough', () => {
    const gone = { state: undefined, at: 5_000 };
    expect(judge(old, gone, { state: undefined, at: 5_099 }, 100)).toBe('wait');
    expect(judge(old, gone, { state: undefined, at: 5_100 }, 100)).toBe('take');
  });
});
