import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generatedFiles.ts';

/* Writes what is generated and committed: the CustomResourceDefinitions and the field reference. */

const root = new URL('../../', import.meta.url);

for (const { path, content } of generatedFiles()) {
  const file = new URL(path, root);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, content);
  process.stdout.write(`${fileURLToPath(file)}\n`);
}
