import { mkdtempSync, rmSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Publication } from '@evergate/operator/deliver/publication';

/** The folder that the gateways of one run read their documents from. Nobody else may read it: it holds secrets. */
export class DocumentsFolder {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'evergate-'));
  }

  /** Makes a publication visible, write by write in its order. Each file is replaced whole, by a rename. */
  async write({ writes, removals }: Publication): Promise<void> {
    for (const { key, text } of writes) {
      const temporary = join(this.path, `.${key}`);
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, join(this.path, key));
    }
    for (const key of removals) await rm(join(this.path, key), { force: true });
  }

  /** Synchronous, so that it can be the last thing a process does. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
