import { readFile } from 'node:fs/promises';
import { chartReadme } from './chartReadme.ts';

/** A file that is made from others; `path` is relative to the repository's root. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Everything that is generated here, the same on every run. */
export async function generatedFiles(root: URL): Promise<readonly GeneratedFile[]> {
  const values = await readFile(new URL('charts/evergate/values.yaml', root), 'utf8');
  return [{ path: 'charts/evergate/README.md', content: chartReadme(values) }];
}
