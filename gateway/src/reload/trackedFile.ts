import { createHash } from 'node:crypto';
import { findFile, readFile } from './readFile.ts';
import { type FileState, judge, type Sighting, sameState } from './settle.ts';

export type FileEvent =
  | { readonly type: 'changed'; readonly path: string; readonly text: string }
  | { readonly type: 'deleted'; readonly path: string }
  /** The file, or folder, cannot be read now; what was last read of it still counts. Reported once until it changes. */
  | { readonly type: 'problem'; readonly path: string; readonly message: string };

export interface TrackingOptions {
  readonly limitBytes: number;
  readonly settleMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What came of looking at a file. */
export interface Look {
  readonly event?: FileEvent;
  /** It has not settled: look again after `settleMs`. */
  readonly again?: boolean;
  /** There is no file of that name, and nothing to tell about it. */
  readonly gone?: boolean;
  /** It is a folder. */
  readonly folder?: boolean;
}

/** One file: what was last taken of it, and whether what is there now may be taken. */
export class TrackedFile {
  readonly #path: string;
  readonly #options: TrackingOptions;
  #taken: FileState | undefined;
  #digest: string | undefined;
  #problem: string | undefined;
  #sighting: Sighting | undefined;
  /** It was read so soon after a write that another write could have left the same times. */
  #unsure = false;

  constructor(path: string, options: TrackingOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Looks, and reads where there is something to take. `trustTimes` takes a file for settled that was last written long enough
   * ago by its own account. Never rejects.
   */
  async look(trustTimes: boolean): Promise<Look> {
    const found = await findFile(this.#path);
    if (found.outcome === 'failed') return this.#fail(found.message);
    if (found.outcome === 'folder') return { folder: true };
    const state = found.outcome === 'found' ? found.state : undefined;
    const now = { state, at: this.#options.now() };
    const before = this.#sighting ?? { state, at: trustTimes ? Math.min(now.at, modifiedMs(state)) : now.at };
    switch (judge(this.#taken, before, now, this.#options.settleMs)) {
      case 'wait':
        return this.#wait(sameState(before.state, state) ? before : now);
      case 'take':
        return state === undefined ? this.#delete() : this.#read();
      case 'unchanged':
        this.#sighting = undefined;
        // Nothing was ever read of it, but its problem was told.
        if (state === undefined && this.#problem !== undefined) return this.#delete();
        return this.#unsure ? this.#read() : { gone: state === undefined };
    }
  }

  #wait(sighting: Sighting | undefined): Look {
    this.#sighting = sighting;
    return { again: true };
  }

  #delete(): Look {
    this.#taken = undefined;
    this.#problem = undefined;
    this.#sighting = undefined;
    return { event: { type: 'deleted', path: this.#path }, gone: true };
  }

  async #read(): Promise<Look> {
    const reading = await readFile(this.#path, this.#options.limitBytes);
    if (reading.outcome === 'failed') return this.#fail(reading.message);
    if (reading.outcome !== 'read') return this.#wait(undefined);
    const { state, bytes } = reading;
    const text = bytes.toString('utf8');
    const digest = createHash('sha256').update(text).digest('base64');
    const sameText = digest === this.#digest && this.#problem === undefined;
    this.#taken = state;
    this.#digest = digest;
    this.#problem = undefined;
    this.#sighting = undefined;
    this.#unsure = Math.abs(this.#options.now() - modifiedMs(state)) < this.#options.settleMs;
    const again = this.#unsure;
    return sameText ? { again } : { event: { type: 'changed', path: this.#path, text }, again };
  }

  /** Later looks try again; the problem is told once. */
  #fail(message: string): Look {
    if (message === this.#problem) return {};
    this.#problem = message;
    return { event: { type: 'problem', path: this.#path, message } };
  }
}

function modifiedMs(state: FileState | undefined): number {
  return state === undefined ? Number.POSITIVE_INFINITY : Number(state.modifiedNs / 1_000_000n);
}
