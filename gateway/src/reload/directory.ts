import { basename } from 'node:path';
import { Folders } from './folders.ts';
import { findFile } from './readFile.ts';
import { systemTimers, type Timers } from './timers.ts';
import { type FileEvent, TrackedFile, type TrackingOptions } from './trackedFile.ts';

export type { FileEvent } from './trackedFile.ts';

export interface DirectoryOptions {
  /** Whether files in folders below count too. */
  readonly recursive?: boolean;
  /** Whether a file of that name counts; names that begin with a dot never do. Every other one does by default. */
  readonly accepts?: (name: string) => boolean;
  /** Larger files are a problem. 8 MiB by default. */
  readonly limitBytes?: number;
  /** How long a file that is new, written in place or gone must stay so. 100 ms by default. */
  readonly settleMs?: number;
  /** How often everything is looked at, whatever `fs.watch` says. 2 s by default. */
  readonly pollMs?: number;
  readonly timers?: Timers;
}

/**
 * Watches the files of a directory and reports the text of those that changed: after a rename at once, otherwise when they have
 * settled. Every state that lasts is reported, states in between may be skipped. All that one look finds is reported in one call.
 */
export class Directory {
  readonly #accepts: (name: string) => boolean;
  readonly #recursive: boolean;
  readonly #pollMs: number;
  readonly #timers: Timers;
  readonly #tracking: TrackingOptions;
  readonly #report: (events: readonly FileEvent[]) => void;
  readonly #folders: Folders;
  readonly #files = new Map<string, TrackedFile>();
  #folderProblems: ReadonlyMap<string, string> = new Map();
  /** What to look at next; undefined stands for everything. */
  #hints = new Set<string | undefined>();
  #looking: Promise<void> | undefined;
  /** By what they will look at; undefined is the poll. */
  readonly #wakes = new Map<string | undefined, () => void>();
  #begun = false;
  #closed = false;

  /** `report` must not throw. */
  constructor(root: string, options: DirectoryOptions, report: (events: readonly FileEvent[]) => void) {
    this.#accepts = options.accepts ?? (() => true);
    this.#recursive = options.recursive ?? false;
    this.#pollMs = options.pollMs ?? 2_000;
    this.#timers = options.timers ?? systemTimers;
    const { limitBytes = 8 * 1_048_576, settleMs = 100 } = options;
    this.#tracking = { limitBytes, settleMs, now: this.#timers.now };
    this.#report = report;
    const onHint = (path: string | undefined): void => this.#look(path);
    this.#folders = new Folders({ root, recursive: this.#recursive, accepts: this.#accepts, onHint });
  }

  /** Resolves when what was there at the start, and had settled, is reported. Never rejects: a missing directory is a problem. */
  async start(): Promise<void> {
    this.#look(undefined);
    await this.#looking;
    this.#begun = true;
  }

  /** Resolves when nothing more will be reported. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#wakes.values()) cancel();
    this.#folders.close();
    await this.#looking;
    this.#folders.close();
  }

  #look(path: string | undefined): void {
    if (this.#closed) return;
    this.#hints.add(path);
    this.#looking ??= this.#lookWhileHinted();
  }

  async #lookWhileHinted(): Promise<void> {
    while (this.#hints.size > 0 && !this.#closed) {
      const hints = this.#hints;
      this.#hints = new Set();
      const events: FileEvent[] = [];
      if (hints.has(undefined)) await this.#lookAtFolders(hints, events);
      for (const path of hints) if (path !== undefined) await this.#lookAtFile(path, events);
      if (events.length > 0 && !this.#closed) this.#report(events);
    }
    this.#looking = undefined;
  }

  /** Adds every file to `hints`: those that are there, and those that were. */
  async #lookAtFolders(hints: Set<string | undefined>, events: FileEvent[]): Promise<void> {
    const { files, problems } = await this.#folders.list();
    for (const [path, message] of problems) {
      if (this.#folderProblems.get(path) !== message) events.push({ type: 'problem', path, message });
    }
    this.#folderProblems = problems;
    for (const path of [...files, ...this.#files.keys()]) hints.add(path);
    this.#wakeAfter(this.#pollMs, undefined);
  }

  async #lookAtFile(path: string, events: FileEvent[]): Promise<void> {
    if (this.#folders.has(path)) return this.#look(undefined);
    if (!this.#accepts(basename(path))) return this.#lookForFolder(path);
    const file = this.#files.get(path) ?? new TrackedFile(path, this.#tracking);
    const { event, again, gone, folder } = await file.look(!this.#begun);
    if (event !== undefined) events.push(event);
    if (again) this.#wakeAfter(this.#tracking.settleMs + 1, path);
    if (gone || folder) this.#files.delete(path);
    else this.#files.set(path, file);
    if (folder && this.#recursive) this.#look(undefined);
  }

  async #lookForFolder(path: string): Promise<void> {
    if (this.#recursive && (await findFile(path)).outcome === 'folder') this.#look(undefined);
  }

  #wakeAfter(delayMs: number, path: string | undefined): void {
    this.#wakes.get(path)?.();
    if (this.#closed) return;
    const cancel = this.#timers.after(delayMs, () => {
      this.#wakes.delete(path);
      this.#look(path);
    });
    this.#wakes.set(path, cancel);
  }
}
