import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arenaNamespace, releaseNamespace } from './arena.ts';
import { command } from './command.ts';
import type { Kubectl } from './kubectl.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const release = 'evergate';

const programs = ['operator', 'gateway'] as const;
const repository = 'localhost/evergate';

/** The images of the product, each under a name of its own content: what changed is rolled out, what did not is not loaded again. */
export type ProductImages = Readonly<
  Record<(typeof programs)[number], { readonly repository: string; readonly tag: string }>
>;

/** Builds the images of operator and gateway with `make images`; resolves with their names. */
export async function buildProductImages(): Promise<ProductImages> {
  const env = { ...process.env, IMAGE_PREFIX: repository, IMAGE_TAG: 'e2e' };
  await command('make', ['-C', root, 'images'], { env, timeoutMs: 600_000 });
  const [operator, gateway] = [await tagged('operator'), await tagged('gateway')];
  return { operator, gateway };
}

async function tagged(program: string): Promise<{ readonly repository: string; readonly tag: string }> {
  const image = `${repository}/${program}`;
  const id = await command('docker', ['image', 'inspect', '--format', '{{.Id}}', `${image}:e2e`]);
  const tag = id.trim().replace('sha256:', '').slice(0, 12);
  await command('docker', ['tag', `${image}:e2e`, `${image}:${tag}`]);
  return { repository: image, tag };
}

export function imageNames(images: ProductImages): readonly string[] {
  return programs.map((program) => `${images[program].repository}:${images[program].tag}`);
}

/** Installs or upgrades the chart, with fleets in the tests' namespace; resolves once the operator is ready. */
export async function installRelease(kubectl: Kubectl, { operator, gateway }: ProductImages): Promise<void> {
  const chart = `${root}charts/evergate`;
  if (!existsSync(chart)) throw new Error(`there is no chart at ${chart}`);
  const values = {
    image: operator,
    gatewayImage: gateway,
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
