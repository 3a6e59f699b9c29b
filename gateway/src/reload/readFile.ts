import { constants } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { type FileState, fileState, sameState } from './settle.ts';

interface Failure {
  readonly outcome: 'failed';
  /** Without the path, without a full stop. */
  readonly message: string;
}

export type FileFinding =
  | { readonly outcome: 'found'; readonly state: FileState }
  | { readonly outcome: 'folder' }
  | { readonly outcome: 'missing' }
  | Failure;

/** Looks a file up, by whatever links lead to it. Never rejects. */
export async function findFile(path: string): Promise<FileFinding> {
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) return { outcome: 'folder' };
    return stats.isFile() ? { outcome: 'found', state: fileState(stats) } : irregular;
  } catch (error) {
    const found = failure(error);
    return found.outcome === 'missing' && (await isLink(path)) ? dangling : found;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

export type FileReading =
  | { readonly outcome: 'read'; readonly bytes: Buffer; readonly state: FileState }
  /** It was written to meanwhile: what was read may be half old, half new. */
  | { readonly outcome: 'moving' }
  | { readonly outcome: 'missing' }
  | Failure;

/** Reads a regular file of at most `limitBytes`, whole, while nobody writes to it. Never rejects, never waits for a pipe. */
export async function readFile(path: string, limitBytes: number): Promise<FileReading> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await readHandle(handle, limitBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    return failure(error);
  }
}

/** The system's code for a failed call (`EACCES`), or `unknown`. */
export function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

async function readHandle(handle: FileHandle, limitBytes: number): Promise<FileReading> {
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile()) return irregular;
  const size = Number(stats.size);
  if (size > limitBytes) {
    return { outcome: 'failed', message: `has ${size} bytes, accepted are at most ${limitBytes}` };
  }
  const buffer = Buffer.allocUnsafe(size);
  const { bytesRead } = await handle.read(buffer, 0, size, 0);
  const state = fileState(await handle.stat({ bigint: true }));
  if (bytesRead < size || !sameState(state, fileState(stats))) return { outcome: 'moving' };
  return { outcome: 'read', bytes: buffer, state };
}

const dangling: Failure = { outcome: 'failed', message: 'is a link that leads to no file' };
const irregular: Failure = { outcome: 'failed', message: 'is no regular file' };

function failure(error: unknown): { readonly outcome: 'missing' } | Failure {
  const code = errorCode(error);
  return code === 'ENOENT' ? { outcome: 'missing' } : { outcome: 'failed', message: `cannot be read: ${code}` };
}
