import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';

const sources = fileURLToPath(new URL('..', import.meta.url));
/** The part of the sources that runs on this side, and so in no pod. */
const hostSide = join(sources, 'cluster');
const nodeDirectory = '/usr/local/bin';

/** The programs of the tests' pods: one image, whose first argument says which. Made of this process's own Node; nothing is pulled. */
export async function buildInstrumentsImage(): Promise<string> {
  const image = `localhost/evergate-e2e:${await fingerprint()}`;
  const exists = await command('docker', ['image', 'inspect', image]).then(
    () => true,
    () => false,
  );
  if (exists) return image;
  const root = await mkdtemp(join(tmpdir(), 'evergate-e2e-image-'));
  try {
    await writeRoot(root);
    const archive = `${root}.tar`;
    await command('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
    await command('docker', ['import', ...changes, archive, image]);
    await rm(archive);
    return image;
  } finally {
    await rm(root, { recursive: true });
  }
}

const changes = [
  `ENV PATH=${nodeDirectory}`,
  'WORKDIR /app',
  'USER 65532:65532',
  'ENTRYPOINT ["node", "/app/src/podMain.ts"]',
].flatMap((change) => ['--change', change]);

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
  await chmod(root, 0o755);
  const node = await realpath(process.execPath);
  await install(node, join(root, nodeDirectory, 'node'));
  const libraries = (await command('ldd', [node])).match(/\/\S+\.so\S*/g) ?? [];
  for (const library of libraries) await install(library, join(root, library));
  for (const folder of ['app', 'etc', 'tmp']) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), 'e2e:x:65532:65532::/tmp:/bin/false\n');
  await writeFile(join(root, 'app/package.json'), '{"type": "module"}\n');
  await cp(sources, join(root, 'app/src'), { recursive: true, filter: runsInPods });
}

function runsInPods(path: string): boolean {
  return !path.startsWith(hostSide);
}

async function install(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}
