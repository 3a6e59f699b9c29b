import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';
import { Kubectl } from './kubectl.ts';

const KIND_NAME = 'evergate-e2e';
const UP_TIMEOUT_MS = 15 * 60_000;

/** A kubeconfig and results live here; git ignores it. */
export const resultsDirectory: string = fileURLToPath(new URL('../../results', import.meta.url));

export interface Cluster {
  readonly kubeconfig: string;
  /** The name that kind has for it; undefined for a cluster of another making. */
  readonly kind: string | undefined;
}

/**
 * The cluster that the tests use: the one that KUBECONFIG names; else the one that the script in EVERGATE_E2E_CLUSTER_UP makes, which prints
 * `KUBECONFIG=<file>` last; else a kind cluster, which is kept for the next run. Rejects with what to install or set.
 */
export async function findCluster(env: NodeJS.ProcessEnv = process.env): Promise<Cluster> {
  if (env['KUBECONFIG'] !== undefined && env['KUBECONFIG'] !== '') return describe(env['KUBECONFIG']);
  const script = env['EVERGATE_E2E_CLUSTER_UP'];
  if (script !== undefined && script !== '') return describe(await runScript(script));
  return describe(await makeKindCluster());
}

async function runScript(script: string): Promise<string> {
  const env = { WORKERS: '2', METRICS: '1', REUSE: '1', ...process.env };
  const printed = await command(script, [], { timeoutMs: UP_TIMEOUT_MS, env });
  const [, kubeconfig] = printed.match(/^KUBECONFIG=(.+)$/m) ?? [];
  if (kubeconfig === undefined) throw new Error(`${script} did not print KUBECONFIG=<file>`);
  return kubeconfig;
}

async function makeKindCluster(): Promise<string> {
  const kubeconfig = join(resultsDirectory, 'kubeconfig');
  await mkdir(dirname(kubeconfig), { recursive: true });
  const existing = await command('kind', ['get', 'clusters']).catch((cause: unknown) => {
    throw new Error('no cluster: set KUBECONFIG, or install docker and kind so that one can be made', { cause });
  });
  const arguments_ = existing.split('\n').includes(KIND_NAME)
    ? ['export', 'kubeconfig', '--name', KIND_NAME, '--kubeconfig', kubeconfig]
    : ['create', 'cluster', '--name', KIND_NAME, '--kubeconfig', kubeconfig, '--config', '-', '--wait', '180s'];
  const nodes = ['control-plane', 'worker', 'worker'].map((role) => ({ role }));
  const input = JSON.stringify({ kind: 'Cluster', apiVersion: 'kind.x-k8s.io/v1alpha4', nodes });
  await command('kind', arguments_, { input, timeoutMs: UP_TIMEOUT_MS });
  return kubeconfig;
}

/** kind names the context of each of its clusters `kind-<name>`. */
async function describe(kubeconfig: string): Promise<Cluster> {
  const context = (await new Kubectl(kubeconfig).run(['config', 'current-context'])).trim();
  const [, kind] = context.match(/^kind-(.+)$/) ?? [];
  return { kubeconfig, kind };
}
