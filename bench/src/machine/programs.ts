import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 10_000;

const run = promisify(execFile);

/**
 * What an installed program prints about its version, standard error included; undefined where there is no such program.
 * A program that answers with an error exists all the same (`wrk -v` does).
 */
export async function readVersion(file: string, option: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(file, [option], { timeout: TIMEOUT_MS });
    return stdout + stderr;
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error)) return undefined;
    if ('code' in error && error.code === 'ENOENT') return undefined;
    return `${error.stdout}`;
  }
}

/** The first thing in a text that looks like a version number, or `unknown`. */
export function pickVersion(text: string): string {
  return /[0-9]+\.[0-9]+(?:\.[0-9]+)?/.exec(text)?.[0] ?? 'unknown';
}
