import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arenaNamespace, releaseNamespace } from './arena.ts';
import { command } from './command.ts';
import type { Kubectl } from './kubectl.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const release = 'evergate';

/** Images of the product, as `make images` makes them for this run. */
export interface ProductImages {
  readonly repository: string;
  readonly tag: string;
}

/** Builds the images of operator and gateway with `make images`; resolves with their names. */
export async function buildProductImages(): Promise<ProductImages> {
  const images = { repository: 'localhost/evergate', tag: 'e2e' };
  const env = { ...process.env, IMAGE_PREFIX: images.repository, IMAGE_TAG: images.tag };
  await command('make', ['-C', root, 'images'], { env, timeoutMs: 600_000 });
  return images;
}

export function imageNames({ repository, tag }: ProductImages): readonly string[] {
  return ['operator', 'gateway'].map((program) => `${repository}/${program}:${tag}`);
}

/** Installs or upgrades the chart, with fleets in the tests' namespace; resolves once the operator is ready. */
export async function installRelease(kubectl: Kubectl, { repository, tag }: ProductImages): Promise<void> {
  const chart = `${root}charts/evergate`;
  if (!existsSync(chart)) throw new Error(`there is no chart at ${chart}`);
  const values = {
    image: { repository: `${repository}/operator`, tag },
    gatewayImage: { repository: `${repository}/gateway`, tag },
    // The tests make their own.
    defaultFleet: { enabled: false },
    resources: { requests: { cpu: '100m', memory: '192Mi' } },
    fleetNamespaces: [arenaNamespace],
    secretNamespaces: [arenaNamespace],
  };
  const args = ['upgrade', '--install', release, chart, '--namespace', releaseNamespace, '--create-namespace'];
  const input = JSON.stringify(values);
  await command(await helm(), [...args, '--values', '-', '--wait', '--timeout', '180s'], { input, env: kubectl.env });
}

export async function removeRelease(kubectl: Kubectl): Promise<void> {
  const args = ['uninstall', release, '--namespace', releaseNamespace, '--ignore-not-found', '--wait'];
  await command(await helm(), args, { env: kubectl.env });
}

async function helm(): Promise<string> {
  for (const name of ['helm', 'helm4', 'helm3']) {
    const found = await command(name, ['version']).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  throw new Error('helm is not installed');
}
