import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { command } from './command.ts';
import { buildImage, installProgram } from './image.ts';

/** What the scripts of the example call. */
const programs = ['redis-server', 'redis-sentinel', 'redis-cli', 'sh', 'timeout', 'sleep', 'cat'];

/** Redis and its Sentinel as this machine has them, in place of the image that the example names: no registry has to be reached. */
export async function buildRedisImage(): Promise<string> {
  const found = await Promise.all(programs.map(find));
  const hash = createHash('sha256');
  for (const program of found) hash.update(basename(program)).update(await readFile(program));
  return buildImage({
    image: `localhost/evergate-e2e-redis:${hash.digest('hex').slice(0, 12)}`,
    changes: ['ENV PATH=/bin', 'USER 999:999'],
    fill: async (root) => {
      for (const program of found) await installProgram(program, root, `bin/${basename(program)}`);
    },
  });
}

async function find(program: string): Promise<string> {
  const found = await command('sh', ['-c', `command -v ${program}`]).catch((cause: unknown) => {
    throw new Error(`${program} is not installed; make redis, or apt-get install redis-server redis-sentinel`, {
      cause,
    });
  });
  return found.trim();
}
