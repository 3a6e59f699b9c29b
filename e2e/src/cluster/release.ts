import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arenaNamespace, releaseNamespace } from './arena.ts';
import { command } from './command.ts';
import type { Kubectl } from './kubectl.ts';
import type { ProductImages } from './productImages.ts';

/** The chart under test. */
export const chart: string = fileURLToPath(new URL('../../../charts/evergate', import.meta.url));
const release = 'evergate';
const WAIT = ['--wait', '--timeout', '180s'];

/** Values beside those that all tests have. */
export type ReleaseChanges = Readonly<Record<string, unknown>>;

/** Installs or upgrades the chart, with fleets in the tests' namespace; resolves once the operator is ready. */
export async function installRelease(
  kubectl: Kubectl,
  product: ProductImages,
  changes: ReleaseChanges = {},
): Promise<void> {
  const { operator, gateway } = product;
  if (!existsSync(chart)) throw new Error(`there is no chart at ${chart}`);
  const values = {
    image: operator,
    gatewayImage: gateway,
    // The tests make their own.
    defaultFleet: { enabled: false },
    resources: { requests: { cpu: '100m', memory: '192Mi' } },
    fleetNamespaces: [arenaNamespace],
    secretNamespaces: [arenaNamespace],
    ...changes,
  };
  const args = ['upgrade', '--install', release, chart, '--namespace', releaseNamespace, '--create-namespace'];
  const input = JSON.stringify(values);
  await command(await helm(), [...args, '--values', '-', ...WAIT], { input, env: kubectl.env });
}

/** To the revision before; resolves once the operator is ready. */
export async function rollBack(kubectl: Kubectl): Promise<void> {
  await command(await helm(), ['rollback', release, '--namespace', releaseNamespace, ...WAIT], { env: kubectl.env });
}

/** That of the tests, unless another namespace is named; what is not there is no error. */
export async function removeRelease(kubectl: Kubectl, namespace: string = releaseNamespace): Promise<void> {
  const args = ['uninstall', release, '--namespace', namespace, '--ignore-not-found', '--wait'];
  await command(await helm(), args, { env: kubectl.env });
}

async function helm(): Promise<string> {
  const [found] = await helms(['helm', 'helm4', 'helm3']);
  if (found === undefined) throw new Error('helm is not installed');
  return found;
}

/** Those of these programs that are here. */
export async function helms(names: readonly string[]): Promise<readonly string[]> {
  const found = names.map((name) =>
    command(name, ['version']).then(
      () => [name],
      () => [],
    ),
  );
  return (await Promise.all(found)).flat();
}
