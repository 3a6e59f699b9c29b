import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generatedFiles.ts';

/* Writes what is generated of the installation, and committed. */

const root = new URL('../../', import.meta.url);

for (const { path, content } of await generatedFiles(root)) {
  const file = new URL(path, root);
  await writeFile(file, content);
  process.stdout.write(`${fileURLToPath(file)}\n`);
}
