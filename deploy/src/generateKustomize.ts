import { writeFile } from 'node:fs/promises';
import { chartOutput } from './helm.ts';
import { kustomizeFiles } from './kustomize.ts';

/* Writes deploy/kustomize from the chart, by the helm that the environment names, or that is on the PATH. */

for (const { path, content } of kustomizeFiles(await chartOutput(process.env['HELM'] ?? 'helm'))) {
  await writeFile(new URL(`../../${path}`, import.meta.url), content);
  process.stdout.write(`${path}\n`);
}
