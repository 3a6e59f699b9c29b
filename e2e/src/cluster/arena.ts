import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, resultsDirectory } from './findCluster.ts';
import { clientIn, proberIn } from './instruments.ts';
import { Kubectl } from './kubectl.ts';
import { Nodes } from './nodes.ts';
import type { Worker } from './podTask.ts';
import type { ProductImages } from './productImages.ts';

const file = join(resultsDirectory, 'arena.json');

/** Where the release is. */
export const releaseNamespace = 'evergate-e2e-system';
/** Where fleet, backends and instruments are. */
export const arenaNamespace = 'evergate-e2e';
/** Where a thousand routes are, so that nothing is measured on an empty table. */
export const crowdNamespace = 'evergate-e2e-crowd';
/** Where the chart is installed on an empty cluster. */
export const installNamespace = 'evergate-e2e-install';
export const fleetName = 'edge';
export const crowdSize = 1_000;

/** What the set-up hands to the scenarios. */
interface ArenaFacts {
  readonly cluster: Cluster;
  readonly instrumentsImage: string;
  readonly product: ProductImages;
}

/** The cluster with everything in place: operator, fleet, backends, instruments. */
export interface Arena extends ArenaFacts {
  readonly kubectl: Kubectl;
  readonly nodes: Nodes;
  readonly client: Worker;
  readonly prober: Worker;
}

export async function writeArena(facts: ArenaFacts): Promise<void> {
  await writeFile(file, JSON.stringify(facts));
}

/** For a scenario: rejects where the set-up has not been. */
export async function openArena(): Promise<Arena> {
  const facts = JSON.parse(await readFile(file, 'utf8')) as ArenaFacts;
  const kubectl = new Kubectl(facts.cluster.kubeconfig);
  const { kind } = facts.cluster;
  return {
    ...facts,
    kubectl,
    nodes: new Nodes(kubectl, kind),
    client: clientIn(arenaNamespace),
    prober: proberIn(arenaNamespace),
  };
}
