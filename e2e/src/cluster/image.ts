import { chmod, copyFile, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command } from './command.ts';

/** An image that is made of a folder; nothing is pulled. */
export interface ImageSource {
  /** With a tag that is another one when the content is another. */
  readonly image: string;
  /** As a Dockerfile says it: `USER 1:1`. */
  readonly changes: readonly string[];
  readonly fill: (root: string) => Promise<void>;
}

/** Makes the image, unless there is one of that name, and resolves with its name. */
export async function buildImage({ image, changes, fill }: ImageSource): Promise<string> {
  const exists = await command('docker', ['image', 'inspect', image]).then(
    () => true,
    () => false,
  );
  if (exists) return image;
  const root = await mkdtemp(join(tmpdir(), 'evergate-e2e-image-'));
  const archive = `${root}.tar`;
  try {
    await chmod(root, 0o755);
    await fill(root);
    await command('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
    const changed = changes.flatMap((change) => ['--change', change]);
    await command('docker', ['import', ...changed, archive, image]);
    return image;
  } finally {
    await rm(archive, { force: true });
    await rm(root, { recursive: true });
  }
}

/** Copies a program of this machine to `target` below `root`, and the libraries that it names. */
export async function installProgram(program: string, root: string, target: string): Promise<void> {
  const file = await realpath(program);
  await install(file, join(root, target));
  const libraries = (await command('ldd', [file])).match(/\/\S+\.so\S*/g) ?? [];
  for (const library of libraries) await install(library, join(root, library));
}

async function install(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}
