import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs = ['operator', 'gateway'] as const;
const repository = 'localhost/evergate';

/** Where both programs have what they know of documents. */
const DOCUMENT = '/app/contract/dist/src/document.js';

export interface Image {
  readonly repository: string;
  readonly tag: string;
}

/** The images of the product, each under a name of its own content: what changed is rolled out, what did not is not loaded again. */
export type ProductImages = Readonly<Record<(typeof programs)[number], Image>>;

export const imageName = ({ repository, tag }: Image): string => `${repository}:${tag}`;

export function imageNames(images: ProductImages): readonly string[] {
  return programs.map((program) => imageName(images[program]));
}

/** Builds the images of operator and gateway with `make images`; resolves with their names. */
export async function buildProductImages(): Promise<ProductImages> {
  const env = { ...process.env, IMAGE_PREFIX: repository, IMAGE_TAG: 'e2e' };
  await command('make', ['-C', root, 'images'], { env, timeoutMs: 600_000 });
  const [operator, gateway] = [await tagged('operator'), await tagged('gateway')];
  return { operator, gateway };
}

async function tagged(program: string): Promise<Image> {
  const image = `${repository}/${program}`;
  const id = await command('docker', ['image', 'inspect', '--format', '{{.Id}}', `${image}:e2e`]);
  const tag = id.trim().replace('sha256:', '').slice(0, 12);
  await command('docker', ['tag', `${image}:e2e`, `${image}:${tag}`]);
  return { repository: image, tag };
}

/**
 * The build to come, as far as documents go: the same images, in which the two constants that say which versions are read and written name
 * one more. To it, this build is one that knows a version less. Rejects where an image has these constants otherwise.
 */
export async function buildNextImages({ operator, gateway }: ProductImages): Promise<ProductImages> {
  return { operator: await withNextVersion(operator), gateway: await withNextVersion(gateway) };
}

async function withNextVersion(image: Image): Promise<Image> {
  const next = { ...image, tag: `${image.tag}-next` };
  const folder = await mkdtemp(join(tmpdir(), 'evergate-e2e-next-'));
  const container = (await command('docker', ['create', imageName(image)])).trim();
  try {
    const file = join(folder, 'document.js');
    await command('docker', ['cp', `${container}:${DOCUMENT}`, file]);
    await writeFile(file, knowingOneMore(await readFile(file, 'utf8')));
    await command('docker', ['cp', file, `${container}:${DOCUMENT}`]);
    await command('docker', ['commit', container, imageName(next)]);
    return next;
  } finally {
    await command('docker', ['rm', container]);
    await rm(folder, { recursive: true });
  }
}

function knowingOneMore(source: string): string {
  const constants = /(?<=export const (?:readableVersions|writtenVersions) = \[)[\d, ]+(?=\])/g;
  let found = 0;
  const changed = source.replaceAll(constants, (versions) => {
    found += 1;
    return `${versions}, ${Math.max(...versions.split(',').map(Number)) + 1}`;
  });
  if (found !== 2) throw new Error(`${DOCUMENT} has ${found} of the constants readableVersions and writtenVersions`);
  return changed;
}
