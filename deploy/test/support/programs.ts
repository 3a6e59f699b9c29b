import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ownFolder } from '@evergate/operator/test/support/binaries';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where programs are looked for: KUBEBUILDER_ASSETS, the PATH, the cache of the cluster tooling and our own, in this order. */
export function programFolders(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const tooling = env['CLUSTER_STATE'] ?? join(homedir(), '.cache', 'evergate-cluster');
  const path = (env['PATH'] ?? '').split(delimiter);
  const others = ['/usr/sbin', join(tooling, 'bin'), ownFolder(env)];
  return [env['KUBEBUILDER_ASSETS'] ?? '', ...path, ...others].filter((one) => one !== '');
}

/** The path of a program; undefined where none of the folders has it. */
export function findProgram(name: string): string | undefined {
  return programFolders()
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function finished(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
  try {
    const options = { timeout: 120_000, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, ...env } };
    const { stdout, stderr } = await run(program, [...args], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr: stderr || String(error) };
  }
}
