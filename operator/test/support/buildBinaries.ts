import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from './binaries.ts';

const KUBERNETES = 'v1.37.2';
const ETCD = 'v3.7.0';
const BUILD_TIMEOUT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const run = promisify(execFile);

interface Module {
  readonly Path: string;
  readonly Version?: string;
}

/**
 * Builds etcd, kube-apiserver and kube-controller-manager into `folder`, from the Go module proxy. Takes minutes, and a `go` on the PATH.
 * A program appears when it is whole.
 */
export async function buildBinaries(
  folder: string,
  environment: Environment,
  say: (line: string) => void,
): Promise<void> {
  const go = goIn(environment);
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'evergate-build-'));
  try {
    await writeModule(work, 'etcd', `require go.etcd.io/etcd/server/v3 ${ETCD}\n`);
    say(`building etcd ${ETCD} (once; it takes minutes)`);
    await build(go, join(work, 'etcd'), join(folder, 'etcd'), 'go.etcd.io/etcd/server/v3');
    await writeModule(work, 'kubernetes', await kubernetesRequirements(go, work));
    for (const name of ['kube-apiserver', 'kube-controller-manager']) {
      say(`building ${name} ${KUBERNETES} (once; it takes minutes)`);
      await build(go, join(work, 'kubernetes'), join(folder, name), `k8s.io/kubernetes/cmd/${name}`);
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
async function kubernetesRequirements(go: Go, work: string): Promise<string> {
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

async function build(go: Go, cwd: string, target: string, path: string): Promise<void> {
  const unfinished = `${target}.${process.pid}`;
  const version = `-X k8s.io/component-base/version.gitVersion=${KUBERNETES}`;
  await go(cwd, 'build', '-mod=mod', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', unfinished, path);
  await rename(unfinished, target);
}

/** Runs `go` in a folder, and resolves with what it printed. */
type Go = (cwd: string, ...args: readonly string[]) => Promise<string>;

function goIn(environment: Environment): Go {
  const env = { ...environment, CGO_ENABLED: '0', GOWORK: 'off' };
  return async (cwd, ...args) => {
    const { stdout } = await run('go', [...args], { cwd, env, timeout: BUILD_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES });
    return stdout;
  };
}
