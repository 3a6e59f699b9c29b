import { statSync } from 'node:fs';
import { Directory, type FileEvent } from '@evergate/gateway/reload/directory';
import { Catalogue, type CatalogueEvent, type Contents } from '../manifests/catalogue.ts';
import { isManifestFile } from '../manifests/loadFiles.ts';

/** The files as they are after a change. */
export interface Change {
  readonly contents: Contents;
  /** When the first of the changes was seen, in milliseconds since the epoch. */
  readonly seenAt: number;
}

/** A file that was given another name is seen under both within moments, in either order. */
const RENAME_MS = 50;

/** The folders that a run follows, and everything below them. */
export class ManifestFolders {
  readonly #catalogue = new Catalogue();
  readonly #directories: readonly Directory[];
  readonly #onProblem: (message: string) => void;
  readonly #onChange: () => void;
  /** Of files that are gone, until it is certain that they have no new name. */
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  #events: CatalogueEvent[] = [];
  #seenAt = 0;
  #isStarted = false;

  /**
   * `onChange` is called when `take` has something new, not before `start` has resolved; `onProblem` when a folder cannot be followed.
   * Throws an Error with one line for users where a folder does not exist.
   */
  constructor(folders: readonly string[], onChange: () => void, onProblem: (message: string) => void) {
    for (const folder of folders) ensureFolder(folder);
    this.#onChange = onChange;
    this.#onProblem = onProblem;
    const rules = { recursive: true, accepts: isManifestFile };
    const report = (events: readonly FileEvent[]): void => this.#hear(events);
    this.#directories = folders.map((folder) => new Directory(folder, rules, report));
  }

  /** Resolves when what was there is known. */
  async start(): Promise<void> {
    await Promise.all(this.#directories.map((directory) => directory.start()));
    this.#isStarted = true;
  }

  /** Reads all that changed since the last call. */
  take(): Change {
    const events = this.#events;
    this.#events = [];
    this.#catalogue.apply(events);
    return { contents: this.#catalogue.contents(), seenAt: this.#seenAt };
  }

  async close(): Promise<void> {
    await Promise.all(this.#directories.map((directory) => directory.close()));
    for (const timeout of this.#leaving.values()) clearTimeout(timeout);
  }

  #hear(events: readonly FileEvent[]): void {
    for (const { type, path } of events) {
      clearTimeout(this.#leaving.get(path));
      this.#leaving.delete(path);
      if (type !== 'deleted') continue;
      const timeout = setTimeout(() => this.#forget(path), RENAME_MS);
      this.#leaving.set(path, timeout);
    }
    this.#add(events.map((event) => (event.type === 'deleted' ? { type: 'leaving', path: event.path } : event)));
  }

  #forget(path: string): void {
    this.#leaving.delete(path);
    this.#add([{ type: 'deleted', path }]);
  }

  #add(events: readonly CatalogueEvent[]): void {
    if (this.#events.length === 0) this.#seenAt = Date.now();
    for (const event of events) {
      if (event.type !== 'problem' || isManifestFile(event.path)) this.#events.push(event);
      else this.#onProblem(`${event.path}: ${event.message}`);
    }
    if (this.#isStarted) this.#onChange();
  }
}

function ensureFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`there is no folder ${folder}; name one that holds manifests`);
  if (!stats.isDirectory()) throw new Error(`${folder} is no folder; name the one it is in`);
}
