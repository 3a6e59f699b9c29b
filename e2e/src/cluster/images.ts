import { command } from './command.ts';
import type { Cluster } from './findCluster.ts';

/**
 * Makes images of this machine's docker known to the cluster's nodes: with kind directly; elsewhere with the command in EVERGATE_E2E_LOAD,
 * which gets their names (one that pushes them, for example).
 */
export async function loadImages({ kind }: Cluster, images: readonly string[]): Promise<void> {
  const load = process.env['EVERGATE_E2E_LOAD'];
  if (load !== undefined && load !== '') {
    await command(load, images);
    return;
  }
  if (kind === undefined)
    throw new Error(`set EVERGATE_E2E_LOAD to a command that gives the cluster ${images.join(' ')}`);
  const missing = await missingImages(kind, images);
  if (missing.length > 0) await command('kind', ['load', 'docker-image', '--name', kind, ...missing]);
}

/** Those that some node lacks by name: the tests name images after their content. */
async function missingImages(kind: string, images: readonly string[]): Promise<readonly string[]> {
  const nodes = (await command('kind', ['get', 'nodes', '--name', kind])).trim().split('\n');
  const listings = await Promise.all(
    nodes.map((node) => command('docker', ['exec', node, 'crictl', 'images', '--output', 'json'])),
  );
  return images.filter((image) => !listings.every((listing) => listing.includes(`"${image}"`)));
}
