import { spawnSync } from 'node:child_process';
import { type Binaries, type Environment, findBinaries, ownFolder } from './binaries.ts';
import { buildBinaries } from './buildBinaries.ts';

/** Finds the programs of a control plane, or builds them once. Throws, with what to install, where neither can be. */
export async function provideBinaries(env: Environment, say: (line: string) => void): Promise<Binaries> {
  const found = findBinaries(env);
  if (found !== undefined) return found;
  if (spawnSync('go', ['version'], { env }).status !== 0) throw new Error(remedy);
  await buildBinaries(ownFolder(env), env, say);
  const built = findBinaries(env);
  if (built === undefined) throw new Error(remedy);
  return built;
}

const remedy = [
  'The tests need a real API server: the programs etcd and kube-apiserver.',
  'Either set KUBEBUILDER_ASSETS to a folder that has them (`setup-envtest use -p path` downloads one and names it),',
  'or put both on the PATH, or install Go 1.26 or newer, with which `make control-plane` builds them once.',
].join('\n');

if (import.meta.main) {
  const { etcd, apiServer } = await provideBinaries(process.env, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${etcd}\n${apiServer}\n`);
}
