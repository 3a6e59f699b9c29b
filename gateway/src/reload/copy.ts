import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentIndex } from '@evergate/contract/document';
import { type DocumentKind, indexKey } from '@evergate/contract/names';
import type { ReadPart } from './partText.ts';
import { errorCode } from './readFile.ts';
import type { Keeper } from './reloader.ts';
import type { Timers } from './timers.ts';

/** The first change waits this long for others; after a write, at least a second passes before the next. */
const GATHER_MS = 200;
const PAUSE_MS = 1_000;
/** How soon a write that failed is tried again. */
const RETRY_MS = 5_000;
/** Three quarters of the volume: while a part is replaced, both versions stand there. */
const LIMIT_BYTES = 48 * 1_048_576;
/** It holds secrets: nobody else on this machine may read it. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Routes last: what they need is there before them. */
const ORDER: readonly DocumentKind[] = ['endpoints', 'secrets', 'routes'];

export interface CopyOptions {
  /** A folder for the copy alone, on a volume that lasts as long as the pod. */
  readonly folder: string;
  readonly timers: Timers;
  readonly onWritten: (kind: DocumentKind) => void;
  /** What is served is not affected; it is tried again. One sentence without a full stop, nothing secret. */
  readonly onFailed: (kind: DocumentKind, message: string) => void;
  readonly limitBytes?: number;
}

/** One document as it is served, and what of it is stored. */
interface Kept {
  document: { readonly index: DocumentIndex; readonly text: string } | undefined;
  /** Parts that were read and may have to be stored, by hash. */
  readonly unstored: Map<string, Uint8Array>;
  /** Sizes of the parts that are stored, by hash. */
  stored: ReadonlyMap<string, number>;
  indexBytes: number;
}

/**
 * Keeps what is served in a folder, whole, for a container that starts again while neither API server nor operator is there. Parts
 * stand under their hashes and are written before the index that names them, each by a rename, so the copy is whole at every moment.
 * Many changes in a row cost one write a second.
 */
export class Copy implements Keeper {
  readonly #options: CopyOptions;
  readonly #kept: Readonly<Record<DocumentKind, Kept>> = {
    routes: nothing(),
    endpoints: nothing(),
    secrets: nothing(),
  };
  readonly #failing = new Set<DocumentKind>();
  #begun = false;
  #closed = false;
  #writing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #nextAt = 0;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  part({ kind, hash, bytes }: ReadPart): void {
    const { stored, unstored } = this.#kept[kind];
    if (!stored.has(hash)) unstored.set(hash, bytes);
  }

  served(index: DocumentIndex, text: string): void {
    const kept = this.#kept[index.kind];
    kept.document = { index, text };
    const named = new Set(index.parts.map(({ hash }) => hash));
    for (const hash of kept.unstored.keys()) if (!named.has(hash)) kept.unstored.delete(hash);
    this.#schedule(GATHER_MS);
  }

  /** From now on the copy is written. Until then the one of the process before stays as it is: it may be the newest there is. */
  begin(): void {
    this.#begun = true;
    this.#schedule(0);
  }

  /** Writes what is not written yet, and stops. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#writing;
    if (this.#begun) await this.#write();
  }

  #schedule(delayMs: number): void {
    if (!this.#begun || this.#closed || this.#writing !== undefined || this.#cancel !== undefined) return;
    if (!ORDER.some((kind) => this.#kept[kind].document !== undefined)) return;
    const { timers } = this.#options;
    this.#cancel = timers.after(Math.max(delayMs, this.#nextAt - timers.now()), () => {
      this.#cancel = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        this.#nextAt = timers.now() + (this.#failing.size === 0 ? PAUSE_MS : RETRY_MS);
        this.#schedule(0);
      });
    });
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    for (const kind of ORDER) {
      const { document } = this.#kept[kind];
      if (document === undefined) continue;
      try {
        await this.#writeDocument(kind, document.index, document.text);
        if (this.#kept[kind].document === document) this.#kept[kind].document = undefined;
        this.#failing.delete(kind);
        this.#options.onWritten(kind);
      } catch (error) {
        this.#failing.add(kind);
        this.#options.onFailed(kind, describe(error));
      }
    }
  }

  async #writeDocument(kind: DocumentKind, index: DocumentIndex, text: string): Promise<void> {
    const { folder } = this.#options;
    const kept = this.#kept[kind];
    const hashes = index.parts.filter(({ inline }) => inline === undefined).map(({ hash }) => hash);
    const missing = hashes.filter((hash) => !kept.stored.has(hash)).map((hash) => partAtHand(kept, hash));
    const indexBytes = Buffer.byteLength(text);
    this.#makeSure(indexBytes + missing.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    for (const { hash, bytes } of missing) {
      await replaceFile(folder, copiedPartName(kind, hash), bytes);
      kept.stored = new Map(kept.stored).set(hash, bytes.byteLength);
      kept.unstored.delete(hash);
    }
    await replaceFile(folder, indexKey(kind), text);
    kept.indexBytes = indexBytes;
    await this.#removeUnnamed(kind, new Set(hashes));
  }

  /** Throws where so many more bytes would not fit. */
  #makeSure(moreBytes: number): void {
    const { limitBytes = LIMIT_BYTES } = this.#options;
    let bytes = moreBytes;
    for (const { stored, indexBytes } of Object.values(this.#kept)) {
      bytes += indexBytes;
      for (const size of stored.values()) bytes += size;
    }
    if (bytes > limitBytes) throw new Error(`would have ${bytes} bytes, accepted are at most ${limitBytes}`);
  }

  /** What the index does not name any more, and what a process before left. */
  async #removeUnnamed(kind: DocumentKind, named: ReadonlySet<string>): Promise<void> {
    const { folder } = this.#options;
    const prefix = copiedPartName(kind, '');
    const names = (await readdir(folder)).map((name) => name.replace(/^\./, ''));
    for (const name of names.filter((each) => each.startsWith(prefix) && !named.has(each.slice(prefix.length)))) {
      await rm(join(folder, name), { force: true });
      await rm(join(folder, `.${name}`), { force: true });
    }
    const kept = this.#kept[kind];
    kept.stored = new Map([...kept.stored].filter(([hash]) => named.has(hash)));
  }
}

/** The file of a part in the copy. */
export function copiedPartName(kind: DocumentKind, hash: string): string {
  return `${kind}-${hash}`;
}

function nothing(): Kept {
  return { document: undefined, unstored: new Map(), stored: new Map(), indexBytes: 0 };
}

function partAtHand({ unstored }: Kept, hash: string): { readonly hash: string; readonly bytes: Uint8Array } {
  const bytes = unstored.get(hash);
  if (bytes === undefined) throw new Error('lacks a part that is served');
  return { hash, bytes };
}

async function replaceFile(folder: string, name: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(folder, `.${name}`);
  await writeFile(temporary, content, { mode: FILE_MODE });
  await rename(temporary, join(folder, name));
}

function describe(error: unknown): string {
  const code = errorCode(error);
  if (code !== 'unknown') return `cannot be written: ${code}`;
  return error instanceof Error ? error.message : String(error);
}
