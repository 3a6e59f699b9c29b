import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage, installProgram } from './image.ts';

const sources = fileURLToPath(new URL('..', import.meta.url));
/** The part of the sources that runs on this side, and so in no pod. */
const hostSide = join(sources, 'cluster');
const nodeDirectory = '/usr/local/bin';

/** The programs of the tests' pods: one image, whose first argument says which. Made of this process's own Node; nothing is pulled. */
export async function buildInstrumentsImage(): Promise<string> {
  return buildImage({ image: `localhost/evergate-e2e:${await fingerprint()}`, changes, fill: writeRoot });
}

const changes = [
  `ENV PATH=${nodeDirectory}`,
  'WORKDIR /app',
  'USER 65532:65532',
  'ENTRYPOINT ["node", "/app/src/podMain.ts"]',
];

/** Of the sources and Node's version, so that an image of the same is made and loaded once. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const entries = await readdir(sources, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.filter(runsInPods).sort())
    hash.update(file.slice(sources.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}

async function writeRoot(root: string): Promise<void> {
  await installProgram(process.execPath, root, join(nodeDirectory, 'node'));
  for (const folder of ['app', 'etc', 'tmp']) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), 'e2e:x:65532:65532::/tmp:/bin/false\n');
  await writeFile(join(root, 'app/package.json'), '{"type": "module"}\n');
  await cp(sources, join(root, 'app/src'), { recursive: true, filter: runsInPods });
}

function runsInPods(path: string): boolean {
  return !path.startsWith(hostSide);
}
