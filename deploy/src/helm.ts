import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { type ChartOutput, groups, type Rendered } from './kustomize.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export const chart: string = fileURLToPath(new URL('../../charts/evergate', import.meta.url));

/** The version of Kubernetes that charts are rendered for. */
export const kubeVersion = '1.37.2';

/** Renders the chart by a program `helm`, with values as `--set-json` takes them. Rejects with what Helm says where it refuses. */
export async function rendered(
  helm: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<readonly Rendered[]> {
  const set = Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
  const release = ['template', 'evergate', chart, '--namespace', 'evergate-system', '--kube-version', kubeVersion];
  const { stdout } = await run(helm, [...release, ...set], { maxBuffer: MAX_OUTPUT_BYTES, timeout: 120_000 });
  return readObjects(stdout);
}

/** What Kustomize's files are made of. */
export async function chartOutput(helm: string): Promise<ChartOutput> {
  const [plain, monitoring, networkPolicy] = await Promise.all([
    rendered(helm),
    rendered(helm, groups.monitoring),
    rendered(helm, groups.networkPolicy),
  ]);
  return { plain, monitoring, networkPolicy };
}

/** Reads a stream of YAML documents as Kubernetes does; empty ones are left out. */
export function readObjects(text: string): readonly Rendered[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const value = document.toJS() as Rendered | null;
    return value === null ? [] : [value];
  });
}
