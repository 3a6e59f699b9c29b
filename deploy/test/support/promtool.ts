import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownFolder } from '@evergate/operator/test/support/binaries';
import { type Finished, findProgram, finished } from './programs.ts';

const run = promisify(execFile);
const LIMIT_MS = 5 * 60_000;

const remedy = [
  'The tests of the alerts need promtool, of Prometheus 2.40 or newer. Put it on the PATH or into KUBEBUILDER_ASSETS:',
  "it comes with Debian's package prometheus, with Homebrew's, and with https://prometheus.io/download.",
].join('\n');

/** Finds promtool, or takes it once from Debian's package where apt can fetch that. Throws, with what to install, where neither can be. */
export async function providePromtool(): Promise<string> {
  const found = findProgram('promtool') ?? (await fromDebian().catch(() => undefined));
  if (found === undefined) throw new Error(remedy);
  return found;
}

/** Takes the one program out of the package, and installs nothing. It appears when it is whole. */
async function fromDebian(): Promise<string> {
  const target = join(ownFolder(process.env), 'promtool');
  const work = await mkdtemp(join(tmpdir(), 'evergate-promtool-'));
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: work, timeout: LIMIT_MS });
    const [archive = ''] = await readdir(work);
    await run('dpkg-deb', ['--extract', archive, 'all'], { cwd: work, timeout: LIMIT_MS });
    await mkdir(ownFolder(process.env), { recursive: true });
    await run('cp', [join(work, 'all/usr/bin/promtool'), `${target}.${process.pid}`]);
    await rename(`${target}.${process.pid}`, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

let promtool: Promise<string> | undefined;

/** Runs promtool to its end, whatever that is. */
export async function runPromtool(...args: readonly string[]): Promise<Finished> {
  promtool ??= providePromtool();
  return finished(await promtool, args);
}
