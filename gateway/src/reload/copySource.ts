import { join } from 'node:path';
import type { PartReference } from '@evergate/contract/document';
import { type DocumentKind, documentKinds, indexKey } from '@evergate/contract/names';
import { copiedPartName } from './copy.ts';
import { readFile } from './readFile.ts';
import type { DocumentSource, SourceListener } from './source.ts';

const LIMIT_BYTES = 48 * 1_048_576;

/** What the process before served, as `Copy` kept it. It is looked at once: from then on this process writes it. */
export class CopySource implements DocumentSource {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(listener: SourceListener): Promise<void> {
    for (const kind of documentKinds) {
      const reading = await readFile(join(this.#folder, indexKey(kind)), LIMIT_BYTES);
      if (reading.outcome === 'read') listener.onIndex(kind, reading.bytes.toString('utf8'));
      if (reading.outcome === 'failed') listener.onProblem(`the copy's ${indexKey(kind)} ${reading.message}`);
    }
  }

  async readPart(kind: DocumentKind, { hash }: PartReference): Promise<Uint8Array> {
    const reading = await readFile(join(this.#folder, copiedPartName(kind, hash)), LIMIT_BYTES);
    if (reading.outcome === 'read') return reading.bytes;
    throw new Error(`the copy of the part ${reading.outcome === 'failed' ? reading.message : `is ${reading.outcome}`}`);
  }

  async close(): Promise<void> {}
}
