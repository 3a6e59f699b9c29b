import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const KUBERNETES = 'v1.37.2';
const ETCD = 'v3.7.0';
const BUILD_TIMEOUT_MS = 30 * 60_000;

const run = promisify(execFile);

interface Module {
  readonly Path: string;
  readonly Version?: string;
}

/**
 * Builds etcd, kube-apiserver and kube-controller-manager into `folder`, from the Go module proxy. Takes minutes, and a `go` on the PATH.
 * A program appears when it is whole.
 */
export async function buildBinaries(folder: string, say: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'evergate-build-'));
  try {
    await writeModule(work, 'etcd', `require go.etcd.io/etcd/server/v3 ${ETCD}\n`);
    await build(work, folder, 'etcd', 'etcd', 'go.etcd.io/etcd/server/v3', say);
    await writeModule(work, 'kubernetes', await kubernetesRequirements(work));
    for (const name of ['kube-apiserver', 'kube-controller-manager']) {
      await build(work, folder, 'kubernetes', name, `k8s.io/kubernetes/cmd/${name}`, say);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeModule(work: string, name: string, requirements: string): Promise<void> {
  await mkdir(join(work, name), { recursive: true });
  await writeFile(join(work, name, 'go.mod'), `module evergate.dev/build/${name}\n\n${requirements}`);
}

/** Kubernetes names its own parts as v0.0.0 or by a folder; outside its repository they are modules of the matching version. */
async function kubernetesRequirements(work: string): Promise<string> {
  const download = await go(work, 'mod', 'download', '-json', `k8s.io/kubernetes@${KUBERNETES}`);
  const { GoMod } = JSON.parse(download) as { GoMod: string };
  const file = JSON.parse(await go(work, 'mod', 'edit', '-json', GoMod)) as GoModFile;
  const parts = new Set([
    ...file.Require.filter(({ Version }) => Version === 'v0.0.0').map(({ Path }) => Path),
    ...(file.Replace ?? []).filter(({ New }) => New.Path.startsWith('./staging/')).map(({ Old }) => Old.Path),
  ]);
  const staging = KUBERNETES.replace('v1.', 'v0.');
  const godebug = (file.Godebug ?? []).map(({ Key, Value }) => `godebug ${Key}=${Value}\n`);
  const replace = [...parts].map((path) => `replace ${path} => ${path} ${staging}\n`);
  return [`go ${file.Go}\n`, ...godebug, `require k8s.io/kubernetes ${KUBERNETES}\n`, ...replace].join('');
}

interface GoModFile {
  readonly Go: string;
  readonly Require: readonly Module[];
  readonly Replace?: readonly { readonly Old: Module; readonly New: Module }[];
  readonly Godebug?: readonly { readonly Key: string; readonly Value: string }[];
}

async function build(
  work: string,
  folder: string,
  module: string,
  name: string,
  path: string,
  say: (line: string) => void,
): Promise<void> {
  say(`building ${name} (once; it takes minutes)`);
  const at = join(work, module);
  const unfinished = join(folder, `.${name}.${process.pid}`);
  const version = `-X k8s.io/component-base/version.gitVersion=${KUBERNETES}`;
  await go(at, 'build', '-mod=mod', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', unfinished, path);
  await rename(unfinished, join(folder, name));
}

async function go(cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const { stdout } = await run('go', [...args], { cwd, env, timeout: BUILD_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
