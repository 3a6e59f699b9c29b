import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the programs of a control plane are, each by its path. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  /** Not needed by tests of the API alone. */
  readonly controllerManager: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where this project builds them, when nothing else has them. */
export function ownFolder(env: Environment): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'evergate', 'bin');
}

/** Looks into KUBEBUILDER_ASSETS, PATH, the cache of the cluster tooling and our own, in this order. Both programs come from one folder. */
export function findBinaries(env: Environment): Binaries | undefined {
  for (const folder of folders(env)) {
    const etcd = program(folder, 'etcd');
    const apiServer = program(folder, 'kube-apiserver');
    if (etcd === undefined || apiServer === undefined) continue;
    return { etcd, apiServer, controllerManager: program(folder, 'kube-controller-manager') };
  }
  return undefined;
}

function folders(env: Environment): readonly string[] {
  const tooling = env['CLUSTER_STATE'] ?? join(homedir(), '.cache', 'evergate-cluster');
  const path = (env['PATH'] ?? '').split(delimiter);
  return [env['KUBEBUILDER_ASSETS'] ?? '', ...path, join(tooling, 'bin'), ownFolder(env)].filter((one) => one !== '');
}

function program(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
