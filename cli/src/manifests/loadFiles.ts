import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type FileReading, readFile } from '@evergate/gateway/reload/readFile';
import { Catalogue, type Contents } from './catalogue.ts';

const LIMIT_BYTES = 8 * 1_048_576;
const LIMIT_FILES = 10_000;
const LIMIT_DEPTH = 32;

/** Standard input, as a file's name. */
export const standardInput = '-';

/** Whether files of this name are read. */
export function isManifestFile(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/**
 * Reads once what files, folders and all below them, or standard input (`-`) say. Names that begin with a dot are left out.
 * Throws an Error with one line for users where a path cannot be found, and where a folder holds more than is read.
 */
export async function loadFiles(paths: readonly string[]): Promise<Contents> {
  const catalogue = new Catalogue();
  for (const path of paths) {
    if (path === standardInput) {
      catalogue.apply([{ type: 'changed', path: '<stdin>', text: await text(process.stdin) }]);
    } else {
      for (const file of await findFiles(path)) await loadFile(file, catalogue);
    }
  }
  return catalogue.contents();
}

async function findFiles(path: string): Promise<readonly string[]> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: ${codeOf(cause)}; name a file or folder that exists`, { cause });
  });
  if (!stats.isDirectory()) return [path];
  const files = await listFolder(path, 0);
  if (files.length > LIMIT_FILES)
    throw new Error(`${path} holds more than ${LIMIT_FILES} files; name a folder below it`);
  return files;
}

async function listFolder(folder: string, depth: number): Promise<readonly string[]> {
  if (depth > LIMIT_DEPTH) return [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await listFolder(path, depth + 1)));
    else if (isManifestFile(entry.name)) files.push(path);
  }
  return files;
}

async function loadFile(path: string, catalogue: Catalogue): Promise<void> {
  const reading = await readFile(path, LIMIT_BYTES);
  if (reading.outcome === 'read') catalogue.apply([{ type: 'changed', path, text: reading.bytes.toString('utf8') }]);
  else catalogue.apply([{ type: 'problem', path, message: describeFailure(reading) }]);
}

function describeFailure(reading: Exclude<FileReading, { outcome: 'read' }>): string {
  if (reading.outcome === 'failed') return reading.message;
  return reading.outcome === 'missing' ? 'leads to no file' : 'is being written';
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}
