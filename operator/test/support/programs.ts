import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ownFolder } from './binaries.ts';

const run = promisify(execFile);
const DOWNLOAD_LIMIT_MS = 5 * 60_000;
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

/** A program that Debian has in a package, at that path. */
export interface PackagedProgram {
  readonly name: string;
  readonly debianPackage: string;
  readonly path: string;
  /** What to install where it is neither here nor to be had from Debian. */
  readonly remedy: string;
}

/** Finds a program, or takes it once from Debian's package where apt can fetch that. Throws, with what to install, where neither can be. */
export async function provideProgram(wanted: PackagedProgram): Promise<string> {
  const found = findProgram(wanted.name) ?? (await fromDebian(wanted).catch(() => undefined));
  if (found === undefined) throw new Error(wanted.remedy);
  return found;
}

/** Takes the one program out of the package, and installs nothing. It appears when it is whole. */
async function fromDebian({ name, debianPackage, path }: PackagedProgram): Promise<string> {
  const target = join(ownFolder(process.env), name);
  const work = await mkdtemp(join(tmpdir(), 'evergate-package-'));
  try {
    await run('apt-get', ['download', debianPackage], { cwd: work, timeout: DOWNLOAD_LIMIT_MS });
    const [archive = ''] = await readdir(work);
    await run('dpkg-deb', ['--extract', archive, 'all'], { cwd: work, timeout: DOWNLOAD_LIMIT_MS });
    await mkdir(ownFolder(process.env), { recursive: true });
    await run('cp', [join(work, 'all', path), `${target}.${process.pid}`]);
    await rename(`${target}.${process.pid}`, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
