import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './readFile.ts';

const LIMIT_FOLDERS = 1_000;
const LIMIT_FILES = 10_000;

export interface FoldersOptions {
  readonly root: string;
  /** Whether folders below the root count too. Links to folders are not followed. */
  readonly recursive: boolean;
  /** Whether a file of that name counts. Names that begin with a dot never do. */
  readonly accepts: (name: string) => boolean;
  /** Something may have happened to `path`; to anything where it is undefined. */
  readonly onHint: (path: string | undefined) => void;
}

export interface Listing {
  readonly files: ReadonlySet<string>;
  /** What could not be listed or watched, by path. */
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * The folders that are watched. `fs.watch` gives hints, no more: it loses events when many come, and sees nothing of a folder
 * that was replaced, so whoever relies on this also lists from time to time. At most 1,000 folders and 10,000 files count.
 */
export class Folders {
  readonly #options: FoldersOptions;
  readonly #watched = new Map<string, { readonly inode: bigint; readonly watcher: FSWatcher }>();

  constructor(options: FoldersOptions) {
    this.#options = options;
  }

  has(path: string): boolean {
    return this.#watched.has(path);
  }

  /** Lists every file that counts and keeps the watches in step with the folders there are. */
  async list(): Promise<Listing> {
    const files = new Set<string>();
    const problems = new Map<string, string>();
    const queue = [this.#options.root];
    for (const folder of queue) {
      try {
        await this.#watch(folder, problems);
        await this.#listFolder(folder, files, queue, problems);
      } catch (error) {
        problems.set(folder, `cannot be listed: ${errorCode(error)}`);
      }
    }
    this.#unwatchExcept(new Set(queue.filter((folder) => !problems.has(folder))));
    return { files, problems };
  }

  close(): void {
    this.#unwatchExcept(new Set());
  }

  async #listFolder(folder: string, files: Set<string>, queue: string[], problems: Map<string, string>): Promise<void> {
    const { root, recursive, accepts } = this.#options;
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.filter(({ name }) => !name.startsWith('.'))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && recursive) queue.push(path);
      if (!entry.isDirectory() && accepts(entry.name)) files.add(path);
      if (queue.length <= LIMIT_FOLDERS && files.size <= LIMIT_FILES) continue;
      problems.set(root, `holds more than ${LIMIT_FOLDERS} folders or ${LIMIT_FILES} files, the rest is left out`);
      queue.length = Math.min(queue.length, LIMIT_FOLDERS);
      return;
    }
  }

  /** Before listing, so that nothing happens between the two unseen. A folder replaced under the same name is watched anew. */
  async #watch(folder: string, problems: Map<string, string>): Promise<void> {
    const { ino: inode } = await stat(folder, { bigint: true });
    const known = this.#watched.get(folder);
    if (known?.inode === inode) return;
    known?.watcher.close();
    this.#watched.delete(folder);
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => this.#hint(folder, name));
      watcher.on('error', () => this.#unwatch(folder));
      this.#watched.set(folder, { inode, watcher });
    } catch (error) {
      problems.set(folder, `cannot be watched, changes are seen later: ${errorCode(error)}`);
    }
  }

  /** `..data` is the link by which the kubelet swaps the whole volume. */
  #hint(folder: string, name: string | null): void {
    if (name === null || name.startsWith('..')) this.#options.onHint(undefined);
    else if (!name.startsWith('.')) this.#options.onHint(join(folder, name));
  }

  #unwatch(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }

  #unwatchExcept(folders: ReadonlySet<string>): void {
    for (const folder of this.#watched.keys()) if (!folders.has(folder)) this.#unwatch(folder);
  }
}
