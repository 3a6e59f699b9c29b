import { join } from 'node:path';
import type { PartReference } from '@evergate/contract/document';
import { type DocumentKind, documentKinds, indexKey, partKey } from '@evergate/contract/names';
import { Directory, type DirectoryOptions, type FileEvent } from './directory.ts';
import { readFile } from './readFile.ts';
import type { DocumentSource, SourceListener } from './source.ts';

const LIMIT_BYTES = 8 * 1_048_576;

/**
 * The documents as files of one directory, one file a key: a mounted volume, or where the cli writes them. Only the indexes are
 * watched: they are written last. An index that is deleted is no news, for the last good table stays.
 */
export class FileSource implements DocumentSource {
  readonly #root: string;
  readonly #directory: Directory;
  readonly #kinds: ReadonlyMap<string, DocumentKind>;
  #listener: SourceListener | undefined;

  constructor(root: string, options: Pick<DirectoryOptions, 'timers' | 'pollMs' | 'settleMs'> = {}) {
    this.#root = root;
    this.#kinds = new Map(documentKinds.map((kind) => [join(root, indexKey(kind)), kind]));
    const indexes = new Set(documentKinds.map(indexKey));
    const accepts = (name: string): boolean => indexes.has(name);
    this.#directory = new Directory(root, { ...options, limitBytes: LIMIT_BYTES, accepts }, (events) => {
      for (const event of events) this.#report(event);
    });
  }

  start(listener: SourceListener): Promise<void> {
    this.#listener = listener;
    return this.#directory.start();
  }

  async readPart(kind: DocumentKind, { name, slot, encoding }: PartReference): Promise<Uint8Array> {
    const key = partKey(kind, name, slot, encoding);
    const reading = await readFile(join(this.#root, key), LIMIT_BYTES);
    if (reading.outcome === 'read') return reading.bytes;
    throw new Error(`${key} ${reading.outcome === 'failed' ? reading.message : `is ${reading.outcome}`}`);
  }

  close(): Promise<void> {
    return this.#directory.close();
  }

  #report(event: FileEvent): void {
    const kind = this.#kinds.get(event.path);
    if (event.type === 'changed' && kind !== undefined) this.#listener?.onIndex(kind, event.text);
    if (event.type === 'problem') this.#listener?.onProblem(`${event.path} ${event.message}`);
  }
}
