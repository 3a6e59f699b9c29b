import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partKey } from '@evergate/contract/names';
import type { Publication } from '@evergate/operator/deliver/publication';

/** The folder that the gateways of one run read their documents from. Nobody else may read it: it holds secrets. */
export class DocumentsFolder {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'evergate-'));
  }

  /**
   * Makes a publication visible, write by write in its order. Each file is replaced whole, by a rename. Synchronous: nothing else waits
   * for this process, and a turn of the thread pool for each step takes longer than the steps.
   */
  write({ writes, removals }: Publication): void {
    for (const { key, text } of writes) {
      const temporary = join(this.path, `.${key}`);
      writeFileSync(temporary, text, { mode: 0o600 });
      renameSync(temporary, join(this.path, key));
    }
    for (const { kind, name, slot } of removals) rmSync(join(this.path, partKey(kind, name, slot)), { force: true });
  }

  /** The last thing a run does. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
