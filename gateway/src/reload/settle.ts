import type { BigIntStats } from 'node:fs';

/** What tells one state of a file from another without reading it. */
export interface FileState {
  /** Device and inode: another one under the same name means that the file was replaced whole, by a rename. */
  readonly inode: string;
  readonly size: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

export function fileState(stats: BigIntStats): FileState {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return { inode: `${dev}:${ino}`, size, modifiedNs: mtimeNs, changedNs: ctimeNs };
}

export function sameState(a: FileState | undefined, b: FileState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.inode === b.inode && a.size === b.size && a.modifiedNs === b.modifiedNs && a.changedNs === b.changedNs;
}

/** A state that was seen and, since `at`, not seen to differ. Undefined stands for no file. */
export interface Sighting {
  readonly state: FileState | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type Verdict = 'unchanged' | 'take' | 'wait';

/**
 * Decides what to do about a file that was last taken in the state `taken` and is now found as `now.state`. A file that was
 * replaced is taken at once. One that is new, written in place or gone may be half of an edit: it is taken once it has been
 * seen the same, first in `before`, for `settleMs`.
 */
export function judge(
  taken: FileState | undefined,
  before: Sighting | undefined,
  now: Sighting,
  settleMs: number,
): Verdict {
  if (sameState(taken, now.state)) return 'unchanged';
  if (taken !== undefined && now.state !== undefined && taken.inode !== now.state.inode) return 'take';
  if (before === undefined || !sameState(before.state, now.state)) return 'wait';
  return now.at - before.at >= settleMs ? 'take' : 'wait';
}
